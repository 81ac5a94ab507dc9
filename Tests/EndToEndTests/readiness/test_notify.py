"""Apps that tell of themselves: sd_notify's socket, s6's descriptor; by hand and by real software."""

import os
import re
import shutil
import signal
import socket
import statistics
import time

import pytest

import probing
from box import state_of, until
from conftest import NOBODY
from reports import status

EVERY = ("--ready-every", "50ms")
#: A person at a shell, who sends what the test says.
SPEAKER = "import os, socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n" \
    "s.connect('\\0' + os.environ['NOTIFY_SOCKET'][1:])\n" \
    "print('up', flush=True)\n" \
    "for line in sys.stdin: s.send(line.strip().replace('|', '\\n').encode()); print('sent', flush=True)\n" \
    "import time; time.sleep(600)"


class Speaker:
    """An app that sends each line it is told as a datagram, `|` being a line end in it."""

    def __init__(self, drainit, *options, app=("python3", "-c", SPEAKER), **more):
        read, self._write = os.pipe()
        self.box = drainit(*EVERY, *options, app=app, stdin=read, **more)
        os.close(read)
        self.box.out.wait_for("^up")
        self._sent = 0

    def say(self, text):
        self._sent += 1
        os.write(self._write, text.encode() + b"\n")
        self.box.out.wait_for("^sent", count=self._sent)

    def notify(self):
        return status(self.box)["notify"]


@pytest.fixture
def speaker(drainit):
    return Speaker(drainit, "--ready", "notify", "-v")


def test_the_gate_opens_when_the_app_says_so(speaker):
    answer = probing.wait_for_status(speaker.box, 503)
    until(lambda: "notify (the app has not said so)" in probing.get(speaker.box).text, "it waits")
    assert answer.text.count("\n") == 1
    speaker.say("STATUS=warming up")
    speaker.say("READY=0")
    speaker.box.log.wait_for(r"python3 \(pid \d+\) says: warming up$")
    assert probing.get(speaker.box).status == 503
    assert speaker.notify() == {"ready": False, "stopping": False, "reloading_seconds": None,
                                "watchdog": None, "status": "warming up"}
    speaker.say("READY=1|STATUS=serving")
    probing.wait_until_ready(speaker.box)
    assert speaker.notify()["status"] == "serving" and speaker.notify()["ready"]


def test_an_app_that_stops_itself_is_not_ready(speaker):
    speaker.say("READY=1")
    probing.wait_until_ready(speaker.box)
    speaker.say("STOPPING=1")
    speaker.box.log.wait_for("says that it stops: not ready")
    assert probing.get(speaker.box).text == "not ready: the app says that it stops\n"
    assert probing.get(speaker.box, "/readyz?exclude=notify").status == 503
    assert probing.get(speaker.box, "/livez").status == 200
    assert status(speaker.box)["ready"] is False


def test_a_reload_is_told_of_and_changes_nothing(speaker):
    speaker.say("READY=1")
    probing.wait_until_ready(speaker.box)
    speaker.say("RELOADING=1|MONOTONIC_USEC=1")
    speaker.box.log.wait_for("reloads its configuration$")
    assert speaker.notify()["reloading_seconds"] > 1
    assert probing.get(speaker.box).status == 200
    speaker.say("READY=1")
    speaker.box.log.wait_for("has reloaded its configuration in ")
    assert speaker.notify()["reloading_seconds"] is None


def test_a_watchdog_that_is_missed_fails_livez_until_it_comes_again(drainit):
    # A port that is named keeps the window, in which it is asked again.
    speaker = Speaker(drainit, "--ready", "notify", "--drain", "30s", "--port", "1",
                      env={"WATCHDOG_USEC": "300000"})
    assert probing.get(speaker.box, "/livez?verbose").text == "[+]app ok\nlivez check passed\n"
    speaker.say("READY=1")
    speaker.box.log.wait_for(r"missed its watchdog of 0.3s: /livez fails")
    answer = probing.get(speaker.box, "/livez")
    assert (answer.status, answer.text) == (503, "not alive: watchdog\n")
    assert "[-]watchdog failed\n" in probing.get(speaker.box, "/livez?verbose").text
    assert probing.get(speaker.box).status == 200
    speaker.say("WATCHDOG=1|WATCHDOG_USEC=60000000")
    # It was sent, and is read when it is read.
    until(lambda: probing.get(speaker.box, "/livez?verbose").text.startswith(
        "[+]app ok\n[+]watchdog ok\n"), "it is heard")
    assert speaker.notify()["watchdog"] == "alive"
    speaker.say("WATCHDOG=trigger")
    speaker.say("WATCHDOG=1")
    speaker.box.log.wait_for("triggered its watchdog: /livez fails")
    assert probing.get(speaker.box, "/livez").status == 503
    speaker.box.signal(signal.SIGTERM)
    probing.wait_for_status(speaker.box, 200, "/livez")


def test_a_hung_app_gets_the_shortest_window(drainit):
    speaker = Speaker(drainit, "--ready", "notify", "--drain", "1s..60s", "--port", "1")
    speaker.say("READY=1")
    probing.wait_until_ready(speaker.box)
    speaker.say("WATCHDOG=trigger")
    speaker.box.signal(signal.SIGTERM)
    speaker.box.log.wait_for("the window's minimum")
    assert speaker.box.wait() == 143


def test_more_time_to_stop_is_given_within_the_grace(drainit):
    stopper = SPEAKER.replace("print('up'", "import signal; signal.signal(15, signal.SIG_IGN)\nprint('up'")
    speaker = Speaker(drainit, "--ready", "notify", "--drain", "0", "--stop-timeout", "2s", "--grace",
                      "6s", app=("python3", "-c", stopper))
    speaker.say("EXTEND_TIMEOUT_USEC=60000000")
    speaker.box.signal(signal.SIGTERM)
    speaker.box.log.wait_for("SIGTERM to python3.*SIGKILL in 2s")
    speaker.say("EXTEND_TIMEOUT_USEC=3600000000")
    speaker.box.log.wait_for(r"asked for more time: SIGKILL in (4\.\d|5)s")
    assert speaker.box.wait() == 137


def test_strangers_of_the_same_network_are_refused(speaker, start, bench):
    """A pod's other container sees the abstract socket, and is in another PID namespace."""
    with open(f"/proc/{speaker.box.app}/environ", "rb") as file:
        name = re.search(rb"NOTIFY_SOCKET=@([^\0]+)", file.read()).group(1)
    stranger = speaker.box.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    for _ in range(3):
        stranger.sendto(b"READY=1", b"\0" + name)
    speaker.say("STATUS=read")
    speaker.box.log.wait_for("says: read")
    assert not speaker.notify()["ready"]
    inside = speaker.box.run_inside("python3", "-c", f"""
import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1", b"\\0" + {name!r})""")
    assert inside.returncode == 0, inside.stderr
    probing.wait_until_ready(speaker.box)


#: Claims to be the container's first process, as who may not; then it sends what it can.
STRANGER = """
import socket, struct, sys
stranger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
stranger.connect("\\0" + sys.argv[1])
try:
    stranger.sendmsg([b"READY=1"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack("3i", 1, 0, 0))])
    print("believed", flush=True)
except PermissionError:
    print("refused", flush=True)
while True:
    for _ in range(1000): stranger.send(b"READY=1\\nSTATUS=a stranger")
    print("sent", flush=True)
"""


def test_a_flood_of_another_users_datagrams_keeps_neither_the_app_nor_probes_out(speaker, start):
    with open(f"/proc/{speaker.box.app}/environ", "rb") as file:
        name = re.search(rb"NOTIFY_SOCKET=@([^\0]+)", file.read()).group(1).decode()
    probing.wait_for_status(speaker.box, 503)
    flood = start(["python3", "-c", STRANGER, name], before=NOBODY,
                  network=f"/proc/{speaker.box.first}/ns/net")
    flood.out.wait_for("^refused")
    flood.out.wait_for("^sent", count=5)
    times = []
    for _ in range(50):
        begun = time.monotonic()
        assert probing.get(speaker.box).status == 503
        times.append(time.monotonic() - begun)
    assert statistics.median(times) < 0.1
    speaker.say("STATUS=read")
    speaker.box.log.wait_for("says: read")
    assert speaker.notify()["status"] == "read" and not speaker.notify()["ready"]
    speaker.say("READY=1")
    probing.wait_until_ready(speaker.box)
    flood.out.wait_for("^sent", count=len(flood.out.all()) + 1)


def test_descriptors_that_are_sent_are_closed_and_nothing_else_harms(drainit):
    sender = SPEAKER.replace("s.send(line.strip().replace('|', '\\n').encode())", """
        socket.send_fds(s, [line.strip().encode()], [0, 1, 2] * 80) if 'FD' in line else s.send(
            b'x' * 4097 if 'long' in line else line.strip().encode())""".strip().replace("\n", ""))
    speaker = Speaker(drainit, "--ready", "notify", app=("python3", "-c", sender))
    pid = speaker.box.pid
    before = len(os.listdir(f"/proc/{pid}/fd"))
    for _ in range(20):
        speaker.say("FDSTORE=1")
        speaker.say("long")
    speaker.say("READY=1")
    probing.wait_until_ready(speaker.box)
    # From the moment when it is ready the file with the app's name is one more.
    until(lambda: len(os.listdir(f"/proc/{pid}/fd")) == before + 1, "nothing has stayed open")


def test_systemd_notify_and_its_barrier(drainit):
    box = drainit(*EVERY, "--ready", "notify", "-v", app=[
        "sh", "-c", "systemd-notify --status='from a shell' && systemd-notify --ready && echo through;"
        "exec sleep 600"])
    box.out.wait_for("^through")
    probing.wait_until_ready(box)
    box.log.wait_for("says: from a shell")


def test_haproxy_says_when_it_is_ready_and_reloads(drainit, place, bench):
    configuration = place / "haproxy.cfg"
    configuration.write_text("defaults\n mode http\n timeout connect 5s\n timeout client 5s\n"
                             " timeout server 5s\nfrontend all\n bind :8080\n")
    configuration.chmod(0o644)
    box = drainit(*EVERY, "--ready", "notify", "--drain", "1s",
                  app=["haproxy", "-Ws", "-f", configuration])
    probing.wait_until_ready(box)
    assert status(box)["notify"]["ready"]
    # It says so of its start, too. A stop in the middle of a reload it gives to its former worker alone.
    reloaded = "haproxy.* has reloaded its configuration"
    before = len(box.log.matching(reloaded))
    box.signal(signal.SIGUSR2)
    box.log.wait_for(reloaded, count=before + 1)
    assert len(box.log.matching("haproxy.* reloads its configuration")) > before
    assert probing.get(box).status == 200
    box.signal(signal.SIGTERM)
    assert box.wait() == 0, box.log.text()


def test_postgres_says_when_it_is_ready_and_when_it_stops(drainit, place):
    tools = f"/usr/lib/postgresql/{sorted(os.listdir('/usr/lib/postgresql'))[-1]}/bin"
    box = drainit(
        *EVERY, "--ready", "notify", "--drain", "1s",
        before=("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"),
        app=["sh", "-c", f"""
            {tools}/initdb --no-sync -A trust -D {place}/data >/dev/null &&
            exec {tools}/postgres -D {place}/data -c listen_addresses=127.0.0.1 \
              -c unix_socket_directories={place} -c fsync=off"""])
    probing.wait_until_ready(box)
    assert status(box)["notify"]["ready"]
    box.signal(signal.SIGTERM)
    box.log.wait_for("says that it stops")
    assert box.wait() == 0


def test_an_outer_socket_is_the_apps_unless_notify_is_used(drainit, place):
    outer = place / "outer"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(outer))
    outer.chmod(0o777)
    listener.settimeout(30)
    environment = {"NOTIFY_SOCKET": str(outer)}
    box = drainit("--ready", "none", app=["sh", "-c", "echo $NOTIFY_SOCKET; exec sleep 600"],
                  env=environment)
    box.out.wait_for(f"^{outer}$")
    assert status(box)["notify"] is None
    speaker = Speaker(drainit, "--ready", "notify", env=environment)
    speaker.say("MAINPID=7|READY=1|STATUS=yes")
    assert listener.recv(4096) == b"READY=1\nSTATUS=yes\n"
    speaker.say("RELOADING=1")
    speaker.say("STOPPING=1")
    assert listener.recv(4096) == b"STOPPING=1\n"
    listener.close()
    plain = drainit("--plain", "--ready", "notify", env=environment,
                    app=["sh", "-c", "echo $NOTIFY_SOCKET; exec sleep 600"])
    plain.out.wait_for(f"^{outer}$")


def come_back(box):
    """A fault of drainit's own: the signal that abort(3) sends to itself."""
    done = box.run_inside("python3", "-c", """
import ctypes, os, struct
number = {"x86_64": 129, "aarch64": 138}[os.uname().machine]
info = struct.pack("iiii ii", 6, 0, -1, 0, 1, 0).ljust(128, b"\\0")
libc = ctypes.CDLL(None, use_errno=True)
assert libc.syscall(number, 1, 6, info) == 0, ctypes.get_errno()""")
    assert done.returncode == 0, done.stderr
    box.log.wait_for("came back from a fault")


def test_what_was_said_survives_a_fault(drainit):
    speaker = Speaker(drainit, "--ready", "notify", "-v")
    speaker.say("READY=1|WATCHDOG_USEC=60000000")
    probing.wait_until_ready(speaker.box)
    come_back(speaker.box)
    probing.wait_until_ready(speaker.box)
    assert speaker.notify()["ready"] and speaker.notify()["watchdog"] == "alive"
    speaker.say("STATUS=still heard")
    speaker.box.log.wait_for("says: still heard")


@pytest.mark.parametrize("number", [3, 7, 42])
def test_a_newline_on_a_descriptor_opens_the_gate(drainit, number):
    box = drainit(*EVERY, "--ready", f"fd:{number}", stdin=open("/dev/zero", "rb"), app=[
        "bash", "-c", f"trap 'echo >&{number}; echo said' USR1; trap 'printf x >&{number}; echo typed' USR2;"
        " echo up; while :; do read -rt 1 < <(:); sleep 0.1; done"])
    box.out.wait_for("^up")
    probing.wait_for_status(box, 503)
    box.signal(signal.SIGUSR2)
    # Two signals that wait at the same time would come in the order of their numbers.
    box.out.wait_for("^typed")
    until(lambda: f"fd:{number} (the app has not said so)" in probing.get(box).text, "it waits")
    come_back(box)
    probing.wait_for_status(box, 503)
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^said")
    probing.wait_until_ready(box)
    come_back_again = len(box.log.matching("came back"))
    assert come_back_again == 1
    ends = [os.readlink(f"/proc/{box.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{box.pid}/fd")]
    theirs = os.readlink(f"/proc/{box.app}/fd/{number}")
    assert theirs.startswith("pipe:") and theirs not in ends


def test_an_app_that_closes_its_descriptor_is_never_ready_and_runs(drainit):
    box = drainit(*EVERY, "--ready", "fd:3", app=["sh", "-c", "exec 3>&-; echo up; exec sleep 600"])
    box.out.wait_for("^up")
    until(lambda: "fd:3" in probing.get(box).text, "it waits")
    assert state_of(box.app) in "RS"


def test_one_descriptor_alone(drainit):
    box = drainit("--ready", "fd:3", "--live", "fd:4", app=["true"])
    assert box.wait() == 125
    assert box.log.all() == [
        "drainit: --live fd:4: another descriptor was named before, and it can be one alone"]


assert shutil.which("systemd-notify"), "systemd-notify is not installed"
