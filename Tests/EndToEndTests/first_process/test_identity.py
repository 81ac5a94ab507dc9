"""A name is not an identity: a program is told what its namesake would be told only if it understands it."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from box import status_of, until


@pytest.fixture
def named(bench, place):
    """A copy of the fixture `web` with another name."""

    def copy(name, fixture="web"):
        program = place / name
        shutil.copy(bench / fixture, program)
        return str(program)
    return copy


@pytest.mark.parametrize("name", ["httpd", "haproxy", "postgres", "nginx", "php-fpm8.2"])
def test_a_namesake_that_does_not_catch_its_signal_gets_the_one_that_came(drainit, named, name):
    # web catches SIGTERM alone, as busybox's httpd does nothing at SIGWINCH.
    box = drainit("--drain", "0", app=[named(name), "8080"])
    box.out.wait_for("listening")
    box.signal(signal.SIGTERM)
    box.out.wait_for("SIGTERM")
    assert box.wait() == 0


CATCHER = r"""
import os, signal, sys, time
for number in map(int, sys.argv[2:]):
    signal.signal(number, lambda n, _: (os.write(1, signal.Signals(n).name.encode()), os._exit(4)))
with open("/proc/self/comm", "w") as file:
    file.write(sys.argv[1])
os.write(1, b"ready\n")
while True:
    time.sleep(0.05)
"""


@pytest.mark.parametrize("name, catches, said", [
    ("openresty", [signal.SIGQUIT, signal.SIGTERM], "SIGQUIT"),
    ("angie", [signal.SIGQUIT, signal.SIGTERM], "SIGQUIT"),
    ("httpd", [signal.SIGWINCH, signal.SIGTERM], "SIGWINCH"),
    # A Go program of that name catches everything, and dumps its goroutines at SIGQUIT.
    ("nginx", [signal.SIGQUIT, signal.SIGTERM, signal.SIGURG, signal.SIGSTKFLT], "SIGTERM"),
])
def test_one_that_catches_it_is_what_its_name_says(drainit, name, catches, said):
    box = drainit("--drain", "0", app=["/usr/bin/python3", "-c", CATCHER, name,
                                       *[str(int(number)) for number in catches]])
    box.out.wait_for("^ready")
    box.signal(signal.SIGTERM)
    assert box.wait() == 4
    assert box.out.all()[-1] == said


def test_what_is_written_to_the_first_processes_descriptors_is_the_containers_log(drainit):
    box = drainit(app=["signals"])
    box.out.wait_for("^ready")
    until(lambda: os.path.samefile(f"/proc/{box.pid}/cwd", f"/proc/{box.pid}/root"), "it has moved")
    for number in (1, 2):
        done = box.run_inside("sh", "-c", f"echo from-cron-{number} > /proc/1/fd/{number}")
        assert done.returncode == 0, done.stderr
    box.out.wait_for("^from-cron-1$")
    box.log.wait_for("^from-cron-2$")


def test_what_is_written_to_the_first_processes_input_is_the_apps(drainit, screen):
    """A pipe's other end is the app; a terminal's is the person before it."""
    box = drainit(app=["sh", "-c", "echo ready; read line; echo \"read $line\"; sleep 600"], stdin=subprocess.PIPE)
    typed = drainit(app=["signals"], stdin=screen.slave)
    for each in (box, typed):
        each.out.wait_for("^ready")
        until(lambda each=each: os.path.samefile(f"/proc/{each.pid}/cwd", f"/proc/{each.pid}/root"), "it has moved")
        done = each.run_inside("sh", "-c", "echo from-cron >/proc/1/fd/0")
        assert done.returncode == 0, done.stderr
    box.out.wait_for("^read from-cron$")
    screen.lines.wait_for("^from-cron")


def test_who_waits_for_the_end_of_the_apps_output_waits_for_drainits(drainit):
    box = drainit("--orphans", "wait",
                  app=["sh", "-c", "sleep 2 >/dev/null 2>&1 & exec >&- 2>&-; exit 3"])
    begun = time.monotonic()
    box.out.wait_for_end()
    assert time.monotonic() - begun > 1
    assert box.wait() == 3


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
@pytest.mark.parametrize("kind, code, said", [("exec", 5, "traced"), ("signal", 7, "USR1")])
def test_a_traced_stop_is_no_end(drainit, under_init, kind, code, said):
    box = drainit(app=["traced", kind], under_init=under_init)
    assert box.wait() == code
    box.out.wait_for(f"^{said}$")


def test_the_stop_that_a_tracee_was_offered_is_a_stop(drainit):
    box = drainit(app=["traced", "stop"])
    box.log.wait_for("was stopped by SIGSTOP and stays so")
    assert status_of(box.app)["TracerPid"] == "0"
    os.kill(box.app, signal.SIGCONT)
    assert box.wait() == 6
    assert box.out.all() == ["traced", "goes on"]


@pytest.mark.parametrize("options", [("--drain", "0"), ("--drain", "0", "--grace", "6s"), ("--plain",)], ids=" ".join)
def test_busyboxs_httpd_is_no_apache(drainit, place, options):
    (place / "httpd").symlink_to("/bin/busybox")
    box = drainit(*options, app=[str(place / "httpd"), "-f", "-p", "8080", "-h", str(place)])
    until(lambda: box.can_connect(8080), "it listens")
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 128 + signal.SIGTERM
    assert box.wait_time() - sent < 4


NAMED = r"""
import ctypes, os, signal, time
for number in (signal.SIGQUIT, signal.SIGTERM):
    signal.signal(number, lambda n, _: (os.write(1, signal.Signals(n).name.encode()), os._exit(4)))
ctypes.CDLL(None).prctl(15, b"nginx")
os.write(1, b"ready\n")
while True:
    time.sleep(0.05)
"""


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
@pytest.mark.parametrize("hides, said", [(False, "SIGQUIT"), (True, "SIGTERM")], ids=["proc", "no proc"])
def test_where_the_kernel_does_not_say_who_it_is_the_signal_that_came_is_sent(drainit, hides, said, under_init):
    hiding = ("sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh") if hides else ()
    box = drainit("--drain", "0", app=["/usr/bin/python3", "-c", NAMED], before=hiding, under_init=under_init)
    box.out.wait_for("^ready")
    box.signal(signal.SIGTERM)
    assert box.wait() == 4
    box.out.wait_for(said)


def test_in_another_namespaces_proc_a_stranger_lends_the_app_no_name(bench, start):
    """/proc there is still that of whoever called unshare, and what has the app's number in it is drainit."""
    box = start(["unshare", "--pid", "--fork", "--kill-child", "--", bench / "drainit", "--drain", "0",
                 "--ready", "none", "--", bench / "signals", "TERM=0"])
    box.out.wait_for("^ready")
    os.kill(box.app, signal.SIGTERM)
    assert box.wait() == 0
    assert box.log.matching("SIGTERM to signals") and not box.log.matching("to drainit|drainit exited")
