"""The app's ports are found whoever the app has become, and another container's are not taken for them."""

import os
import re
import shutil
import signal
import subprocess

import pytest

import probing
from box import until

EVERY = ("--ready-every", "100ms")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all",
          "--inh-caps=-all")
# Docker's default for root: no CAP_SYS_PTRACE.
ROOT = ("setpriv", "--bounding-set=-sys_ptrace,-sys_admin", "--inh-caps=-all")


def unreadable(bench, place):
    program = place / "web"
    shutil.copy(bench / "web", program)
    program.chmod(0o711)
    return [program]


def capable(bench, place):
    program = place / "web"
    shutil.copy(bench / "web", program)
    subprocess.run(["setcap", "cap_net_bind_service=+ep", program], check=True)
    return [program]


def dropped(bench, place):
    return ["setpriv", "--reuid=33", "--regid=33", "--clear-groups", bench / "web"]


def plain(bench, place):
    return [bench / "web"]


WAYS = [("plain", plain, ROOT), ("plain", plain, NOBODY), ("became another user", dropped, ROOT),
        ("unreadable program", unreadable, NOBODY), ("file capability", capable, (
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))]


@pytest.mark.parametrize("own", [True, False], ids=["own cgroup", "the root's cgroup"])
@pytest.mark.parametrize("way, before", [w[1:] for w in WAYS], ids=[
    f"{name} {'root' if before is ROOT else 'nobody'}" for name, _, before in WAYS])
def test_the_listener_is_found(drainit, bench, place, cgroup, way, before, own):
    box = drainit(*EVERY, app=[*map(str, way(bench, place)), "--wait-for-usr1", "8080"],
                  before=before, cgroup=cgroup() if own else None)
    box.out.wait_for("web: waiting")
    probing.wait_for_status(box, 503)
    box.signal(signal.SIGUSR1)
    probing.wait_until_ready(box)
    box.close()


def test_an_app_in_a_cgroup_below_is_found(drainit, bench, cgroup):
    folder = cgroup()
    script = f'mkdir {folder}/below && echo 0 >{folder}/below/cgroup.procs && exec {bench}/web 8080'
    box = drainit(*EVERY, app=["sh", "-c", script], cgroup=folder)
    probing.wait_until_ready(box)
    box.close()


def test_a_listener_that_was_handed_over_counts(drainit, start, cgroup):
    keeper = start(["sleep", "600"])
    listener = keeper.socket()
    listener.bind(("127.0.0.1", 8080))
    listener.listen()
    number = os.dup2(listener.fileno(), 3 + 50, inheritable=True)
    box = drainit(*EVERY, app=["sleep", "600"], pass_fds=(number,), cgroup=cgroup(),
                  network=f"/proc/{keeper.first}/ns/net")
    os.close(number)
    probing.wait_until_ready(box)
    box.close()


def test_another_container_of_the_pod_is_not_the_app_whoever_runs_it(drainit, start, bench, cgroup):
    pod = start([bench / "web", "7070"], cgroup=cgroup())
    pod.out.wait_for("listening")
    box = drainit(*EVERY, app=["web", "--wait-for-usr1", "8080"], cgroup=cgroup(),
                  network=f"/proc/{pod.first}/ns/net")
    for _ in range(5):
        assert probing.wait_for_status(box, 503).text.startswith("starting: ")
    # One that comes after the app's start, as the same user.
    later = start([bench / "web", "7071"], cgroup=cgroup(), network=f"/proc/{pod.first}/ns/net")
    later.out.wait_for("listening")
    for _ in range(5):
        assert probing.get(box).status == 503
    box.signal(signal.SIGUSR1)
    probing.wait_until_ready(box)
    for each in (box, later, pod):
        each.close()


def test_a_udp_socket_alone_keeps_a_window_of_its_maximum(drainit):
    script = ("import socket, signal, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
              "s.bind(('', 5353)); print('bound', flush=True); signal.pause()")
    box = drainit("--ready", "none", app=["/usr/bin/python3", "-c", script])
    box.out.wait_for("bound")
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    assert box.wait() == 143
    assert box.log.matching("drained in (3|[4-9])")


def test_a_client_socket_of_udp_is_not_a_listener(drainit):
    script = ("import socket, signal; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
              "s.connect(('127.0.0.1', 53)); print('bound', flush=True); signal.pause()")
    box = drainit("--ready", "none", app=["/usr/bin/python3", "-c", script])
    box.out.wait_for("bound")
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    assert box.wait() == 143
    assert not box.log.matching("drained in [1-9]")


# A program whose listener is a child's, which a thread started that is not the first.
THREADED = """
import subprocess, sys, threading
threading.Thread(target=lambda: subprocess.Popen(sys.argv[1:]).wait()).start()
"""


def test_beside_a_machines_processes_only_its_own_are_looked_at(drainit, bench, place):
    trace = place / "trace"
    crowd = 'for i in 1 2 3; do sleep 600 & done; exec "$@"'
    box = drainit(*EVERY, "--drain", "1s..3s", under_init=True,
                  app=["/usr/bin/python3", "-c", THREADED, bench / "web", "8080"],
                  before=("sh", "-c", crowd, "sh", "strace", "-qq", "-e", "trace=open,openat", "-o", str(trace)))
    probing.wait_until_ready(box)
    own = until(lambda: box.named("drainit"), "drainit")[0]
    web = box.processes()[box.named("web")[0]]
    crowd = [box.processes()[pid] for pid in box.named("sleep")]
    os.kill(own, signal.SIGTERM)
    box.log.wait_for("^drainit: drained in")
    looked_at = {int(pid) for pid in re.findall(r'"/proc/(\d+)/', trace.read_text())}
    assert web in looked_at
    assert len(crowd) == 3 and not looked_at & set(crowd)


# As a program with a great many workers, of which only the last listens.
CROWDED = """
import os, signal, sys
for _ in range(2000):
    if os.fork() == 0:
        signal.pause()
os.spawnv(os.P_WAIT, sys.argv[1], sys.argv[1:])
"""


def test_more_children_than_are_noted_at_once_are_found_all_the_same(drainit, bench):
    box = drainit(*EVERY, under_init=True, app=["/usr/bin/python3", "-c", CROWDED, bench / "web", "8080"])
    probing.wait_until_ready(box)
