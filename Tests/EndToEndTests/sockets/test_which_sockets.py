"""Whose sockets the window watches: ports that open in it, other addresses, and apps that /proc hides."""

import pathlib
import signal
import subprocess
import tempfile
import time

import pytest

import probing
from traffic import Stop, Traffic

EVERY = ("--ready-every", "100ms")
SECOND = ("--until", "quiet:2s", "--log", "json")
# Docker's default for root: no CAP_SYS_PTRACE.
ROOT = ("setpriv", "--bounding-set=-sys_ptrace,-sys_admin", "--inh-caps=-all")
USER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs")

# Answers on each ADDRESS:PORT; those behind a time are opened so long after SIGUSR1.
SERVER = """
import os, signal, socket, sys, threading, time
def serve(end):
    host, port = end.rsplit(":", 1)
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, int(port))); s.listen(128)
    print("listening", end, flush=True)
    while True:
        c = s.accept()[0]
        if c.recv(4096): c.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
        c.close()
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
started = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: started.set())
def later(end, after):
    started.wait(); time.sleep(float(after)); serve(end)
for word in sys.argv[1:]:
    end, _, after = word.partition("@")
    threading.Thread(target=later if after else serve, args=(end, after) if after else (end,), daemon=True).start()
if os.environ.get("ENDS"):
    import ctypes, platform
    ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[platform.machine()], 0)
while True: time.sleep(0.05)
"""


def server(*ends):
    return ["/usr/bin/python3", "-c", SERVER, *ends]


def requests_until_the_end(box, port, address="127.0.0.1", every=0.1, pause=0.0):
    """New connections until the app is stopped: how many were answered, and how many after the window."""
    time.sleep(pause)
    answered = 0
    while box.is_running:
        try:
            made = box.connect(port, address)
            made.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            answered += bool(made.recv(100))
            made.close()
        except OSError:
            break
        time.sleep(every)
    return answered


def test_a_port_that_opens_in_the_window_counts(drainit):
    box = drainit("--drain", "2s..6s", "-v", *SECOND, app=server("127.0.0.1:8080", "127.0.0.1:9090@0.5"))
    probing.wait_until_ready(box)
    box.signal(signal.SIGUSR1)
    box.signal(signal.SIGTERM)
    box.log.wait_for(r"watching port 8080 \(found by its open files\)")
    box.out.wait_for("listening 127.0.0.1:9090")
    box.log.wait_for(r"watching port 8080, 9090 \(")
    assert '"ports":"8080, 9090","ports_found_by":"its open files"' in probing.get(box, "/status").text
    requests_until_the_end(box, 9090)
    assert box.wait() == 0
    stop = Stop(box)
    assert stop.end == "max" and stop.seconds >= 5.9 and stop.late > 20, stop


def test_anothers_server_at_another_address_with_the_same_port_does_not_count(drainit, start, cgroup):
    pod = start(server("127.0.0.2:8080"), cgroup=cgroup())
    pod.out.wait_for("listening")
    box = drainit("--drain", "2s..9s", *SECOND, app=server("127.0.0.1:8080"), cgroup=cgroup(),
                  network=f"/proc/{pod.first}/ns/net")
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    assert requests_until_the_end(box, 8080, "127.0.0.2") > 5
    assert box.wait() == 0
    stop = Stop(box)
    assert stop.end == "quiet" and stop.late == 0 and stop.seconds < 7, stop


@pytest.mark.parametrize("listener, client", [
    ("0.0.0.0:8080", "127.0.0.2"), (":::8080", "127.0.0.2"), (":::8080", "::1"),
    ("::ffff:127.0.0.3:8080", "127.0.0.3"), ("::1:8080", "::1")])
def test_every_kind_of_address_counts(drainit, listener, client):
    box = drainit("--drain", "2s..5s", *SECOND, app=server(listener))
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    requests_until_the_end(box, 8080, client)
    assert box.wait() == 0
    stop = Stop(box)
    assert stop.end == "max" and stop.late > 10, stop


def holds_while_asked(box, port=8080, least=5.9):
    """The window lasts as long as requests come, and the app was not taken for one that listens on nothing."""
    with Traffic(box) as traffic:
        traffic.requests(10, port=port)
        box.signal(signal.SIGTERM)
        box.wait()
    stop = Stop(box)
    assert stop.end == "max" and stop.seconds >= least, stop
    return stop


def test_an_app_in_a_cgroup_below_with_another_user_is_found(drainit, cgroup):
    folder = cgroup()
    script = f'mkdir {folder}/below && echo 0 >{folder}/below/cgroup.procs && exec "$@"'
    box = drainit(*EVERY, "--drain", "2s..6s", *SECOND, before=ROOT, cgroup=folder,
                  app=["sh", "-c", script, "sh", *USER, *server("127.0.0.1:8080")])
    box.out.wait_for("listening")
    probing.wait_until_ready(box)
    assert holds_while_asked(box).late > 20


@pytest.mark.parametrize("before", [ROOT, USER], ids=["root", "nobody"])
def test_an_app_whose_first_thread_has_ended_is_found(drainit, before):
    box = drainit(*EVERY, "--drain", "2s..6s", *SECOND, before=before, env={"ENDS": "1"},
                  app=server("127.0.0.1:8080"))
    box.out.wait_for("listening")
    probing.wait_until_ready(box)
    with Traffic(box) as traffic:
        traffic.requests(10)
        begun = time.monotonic()
        box.signal(signal.SIGTERM)
        # Python runs no handler without that thread: the end of the window is what is waited for.
        box.log.wait_for('"event":"stopping"')
        assert 5.9 <= time.monotonic() - begun < 9
    box.close()


HIDDEN = ("sh", "-c", 'mount -o remount,hidepid=2 /proc && exec "$@"', "sh", *ROOT,
          # Group 0 sees all the same: it is the default of the mount's gid=.
          "--regid=1", "--clear-groups")
FOREIGN = ("sh", "-c", 'umount /proc && exec "$@"', "sh")


@pytest.mark.parametrize("before, app", [(HIDDEN, USER), (FOREIGN, ()), (FOREIGN, USER)],
                         ids=["hidepid", "another namespace's /proc", "that and another user"])
def test_an_app_that_proc_does_not_show_has_its_window(drainit, before, app):
    box = drainit(*EVERY, "--drain", "2s..6s", *SECOND, before=before,
                  app=[*app, *server("127.0.0.1:8080")])
    box.out.wait_for("listening")
    probing.wait_until_ready(box)
    assert holds_while_asked(box).late > 20
    assert box.log.matching("watching port 8080 .*does not show the app")


def assert_ready_by_its_own_app_alone(box, pod):
    """A neighbour listens already, the app only after SIGUSR1."""
    for _ in range(5):
        assert probing.wait_for_status(box, 503).text.startswith("starting: ")
    box.signal(signal.SIGUSR1)
    probing.wait_until_ready(box)
    for each in (box, pod):
        each.close()


def test_in_anothers_proc_nobody_elses_processes_are_the_apps(drainit, start):
    pod = start(server("127.0.0.1:7070"))
    pod.out.wait_for("listening")
    box = drainit(*EVERY, before=FOREIGN, app=["web", "--wait-for-usr1", "8080"],
                  network=f"/proc/{pod.first}/ns/net")
    assert_ready_by_its_own_app_alone(box, pod)


@pytest.fixture
def systemd(place):
    """systemd's hierarchy of cgroup v1, where the machine has it."""
    folder = place / "systemd"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "cgroup", "-o", "none,name=systemd", "none", folder],
                      check=False, capture_output=True).returncode != 0:
        pytest.skip("no cgroup v1 here")
    made = []

    def make():
        made.append(pathlib.Path(tempfile.mkdtemp(prefix="drainit-test-", dir=folder)))
        made[-1].chmod(0o755)
        return made[-1]

    yield make
    for inner in made:
        for _ in range(200):
            try:
                inner.rmdir()
                break
            except OSError:
                time.sleep(0.01)
    subprocess.run(["umount", folder], check=True)


def test_where_all_containers_share_a_cgroup_another_ones_listener_is_not_the_apps(
        drainit, start, cgroup, systemd):
    def container(number):
        return ("sh", "-c", f'echo 0 >{systemd()}/cgroup.procs && exec "$@"', "sh")
    shared = cgroup()
    pod = start(server("127.0.0.1:7070"), cgroup=shared, before=container(0))
    pod.out.wait_for("listening")
    box = drainit(*EVERY, cgroup=shared, before=container(1), app=["web", "--wait-for-usr1", "8080"],
                  network=f"/proc/{pod.first}/ns/net")
    assert_ready_by_its_own_app_alone(box, pod)
