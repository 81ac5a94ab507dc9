"""Where drainit cannot be executed anew after a fault, what is left is an init: stops arrive, children are reaped."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

import probing
from box import cpu_seconds, libc, until
from faults import CANNOT, GOES_ON, termination_log


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_signals_are_passed_on_and_the_stop_keeps_its_window(refused, fault, under_init):
    box = refused("--drain", "1s", app=["signals", "--listen", "8080", "TERM=3"], under_init=under_init)
    box.out.wait_for("^ready")
    probing.wait_until_ready(box)
    assert fault(box.pid).returncode == 0
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR1 ")
    # Nobody answers probes any more.
    until(lambda: not box.can_connect(probing.PORT), "the endpoint is closed")
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    assert 1 <= box.out.time_of("^TERM ") - sent < 5
    assert len(box.out.matching("^TERM ")) == 1
    assert box.log.matching("cannot come back") == [GOES_ON]


def test_the_line_is_an_object_where_the_log_is_of_them(refused, fault):
    box = refused("--log", "json", app=["signals", "TERM=3"])
    box.out.wait_for("^ready")
    probing.wait_for_status(box, 200, "/livez")
    assert fault(box.pid).returncode == 0
    line = json.loads(box.log.wait_for("^.*cannot come back.*$").group(0))
    assert line == {"level": "warning", "event": "last-life", "message": GOES_ON.removeprefix("drainit: ")}


def test_a_log_that_nobody_reads_holds_nobody_up(refused, fault):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    box = refused("--drain", "0", app=["signals", "TERM=3"], stderr=writer)
    box.out.wait_for("^ready")
    probing.wait_for_status(box, 200, "/livez")
    assert fault(box.pid).returncode == 0
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    os.close(reader)


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_a_start_that_is_held_goes_on_or_ends(bench, refused, fault, place, holder, under_init):
    path = place / "server"
    shutil.copy(bench / "signals", path)
    path.chmod(0o755)
    app = [holder.hold(str(path)), "USR1=3"]
    box = refused("--ready", "none", "--drain", "0", app=app, under_init=under_init)
    holder.wait_until_held()
    box.log.wait_for("not executed yet")
    assert fault(box.pid).returncode == 0
    box.log.wait_for("cannot come back")
    holder.let_go()
    box.out.wait_for("^ready")
    box.signal(signal.SIGUSR1)
    assert box.wait() == 3


def test_a_stop_ends_a_start_that_is_held(bench, refused, fault, place, holder):
    path = place / "server"
    shutil.copy(bench / "signals", path)
    path.chmod(0o755)
    box = refused("--drain", "0", app=[holder.hold(str(path))])
    holder.wait_until_held()
    box.log.wait_for("not executed yet")
    assert fault(box.pid).returncode == 0
    box.signal(signal.SIGTERM)
    assert box.wait() == 128 + signal.SIGTERM


PTRACE_SEIZE, PTRACE_DETACH, PTRACE_O_TRACEEXIT = 0x4206, 17, 0x40


def ptrace(request, pid, value):
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    assert libc.ptrace(request, pid, None, value) == 0, os.strerror(ctypes.get_errno())


def test_an_app_that_is_being_killed_is_waited_for(refused, fault):
    box = refused("--drain", "0", "--stop-timeout", "1s", "--ready", "none",
                  app=["web", "--on-stop", "ignore", "8080"])
    box.out.wait_for("listening")
    app = box.app
    # A tracer holds its end up.
    ptrace(PTRACE_SEIZE, app, PTRACE_O_TRACEEXIT)
    box.signal(signal.SIGTERM)
    box.log.wait_for("did not stop within .*: SIGKILL")
    os.waitpid(app, 0x40000000)
    assert fault(box.pid).returncode == 0
    box.log.wait_for("cannot come back")
    box.signal(signal.SIGTERM)
    before = cpu_seconds(box)
    time.sleep(0.5)
    assert box.is_running and cpu_seconds(box) - before < 0.1
    ptrace(PTRACE_DETACH, app, 0)
    assert box.wait() == 128 + signal.SIGKILL


class Hold:
    """drainit --hold beside an app under tini, where it cannot be executed anew."""

    def __init__(self, start, bench, fault, *words):
        self.app = start(["tini-static", "--", bench / "web", "8080"])
        self.app.out.wait_for("listening")
        self.process = subprocess.Popen(
            ["nsenter", "--target", str(self.app.first), "--pid", "--net", "--mount", "--",
             bench / "refuse", "execveat", bench / "drainit", "--hold", *words],
            cwd="/", env={"PATH": "/usr/bin:/bin"})
        self.begun = time.monotonic()
        self.app.log.wait_for("^drainit: holding")
        self.pid = until(lambda: self.app.named("drainit"), "--hold runs")[0]
        assert fault(self.pid).returncode == 0
        self.app.log.wait_for(f"^{CANNOT}the window goes on; ends with 0$")


@pytest.mark.parametrize("words", [["--drain", "3s"], ["--drain", "1s..3s", "--grace", "20s"]], ids=str)
def test_a_held_window_ends_when_it_would_have(start, bench, fault, words):
    hold = Hold(start, bench, fault, *words)
    assert hold.process.wait(30) == 0
    assert 3 <= time.monotonic() - hold.begun < 8
    assert not hold.app.out.matching("web: SIG")


@pytest.mark.parametrize("number", ["TERM", "INT", "HUP", "QUIT"])
def test_a_signal_ends_a_held_window(start, bench, fault, number):
    hold = Hold(start, bench, fault, "--drain", "25s")
    os.kill(hold.pid, signal.SIGUSR1)
    os.kill(hold.pid, signal.Signals["SIG" + number])
    assert hold.process.wait(20) == 128 + signal.Signals["SIG" + number]


NOTIFIES = r"""
import os, socket, sys
print("ready", flush=True)
sys.stdin.readline()
for _ in range(1000):
    try:
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(
            b"WATCHDOG=1", os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1))
    except OSError:
        pass
sys.exit(3)
"""


def test_an_app_that_notifies_does_not_wait_for_a_reader(refused, fault):
    box = refused("--ready", "notify", app=["/usr/bin/python3", "-c", NOTIFIES], stdin=subprocess.PIPE)
    box.out.wait_for("^ready")
    probing.wait_for_status(box, 200, "/livez")
    assert fault(box.pid).returncode == 0
    box.log.wait_for("cannot come back")
    box.tell("go")
    assert box.wait() == 3


def test_a_stop_that_began_before_the_fault_ends_when_it_would_have(refused, fault):
    box = refused("--drain", "2s", "--stop-timeout", "1s", app=["web", "--on-stop", "ignore", "8080"])
    box.out.wait_for("listening")
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    box.log.wait_for("draining for")
    assert fault(box.pid).returncode == 0
    assert box.wait() == 128 + signal.SIGKILL
    assert 3 <= box.wait_time() - sent < 8


def test_a_stop_timeout_that_runs_goes_on(refused, fault):
    box = refused("--drain", "0", "--stop-timeout", "2s", app=["web", "--on-stop", "ignore", "8080"])
    box.out.wait_for("listening")
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    box.log.wait_for("SIGKILL in")
    assert fault(box.pid).returncode == 0
    assert box.wait() == 128 + signal.SIGKILL
    assert 2 <= box.wait_time() - sent < 7


def test_a_thousand_orphans_are_reaped_and_the_apps_code_is_kept(refused, fault):
    box = refused("--exit-map", "7:9", app=["orphans", "1000", "told"], stdin=subprocess.PIPE)
    box.out.wait_for("^made")
    assert fault(box.pid).returncode == 0
    box.tell("go")
    until(lambda: len(box.children()) == 1, "only the app is left")
    box.tell("exit 7")
    assert box.wait() == 9


def test_while_left_overs_are_waited_for_it_ends_with_the_last(refused, fault):
    box = refused("--orphans", "wait", app=["sh", "-c", "sleep 600 & exit 3"])
    box.log.wait_for("waiting until the last")
    assert fault(box.pid).returncode == 0
    time.sleep(0.3)
    assert box.is_running
    os.kill(box.children()[0], signal.SIGKILL)
    assert box.wait() == 3


def test_an_app_that_ends_later_leaves_those_that_are_waited_for(refused, fault):
    box = refused("--orphans", "wait", app=["sh", "-c", "sleep 600 & echo up; read word; exit 3"],
                  stdin=subprocess.PIPE)
    box.out.wait_for("^up")
    assert fault(box.pid).returncode == 0
    box.tell("go")
    until(lambda: box.children() and box.children() == box.named("sleep"), "sleep is left")
    time.sleep(0.3)
    assert box.is_running
    os.kill(box.children()[0], signal.SIGKILL)
    assert box.wait() == 3


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
@pytest.mark.parametrize("when", ["before the stop", "in the window"])
def test_those_that_are_waited_for_have_their_part_of_the_grace(refused, fault, when, under_init):
    box = refused("--ready", "none", "--drain", "1s", "--grace", "4s", "--stop-timeout", "1s", "--orphans", "wait",
                  app=["orphans", "2", "-1", "ignore"], under_init=under_init)
    box.out.wait_for("^made 2$")
    sent = time.monotonic()
    if when == "in the window":
        box.signal(signal.SIGTERM)
        box.log.wait_for("draining for")
    assert fault(box.pid).returncode == 0
    if when == "before the stop":
        sent = time.monotonic()
        box.signal(signal.SIGTERM)
    assert box.wait() == 128 + signal.SIGTERM
    assert 2.9 <= box.wait_time() - sent < 10


def test_with_a_time_they_have_that(refused, fault):
    box = refused("--orphans", "2s", app=["sh", "-c", "trap '' TERM; (sleep 600; :) & echo up; read word; exit 3"],
                  stdin=subprocess.PIPE)
    box.out.wait_for("^up")
    assert fault(box.pid).returncode == 0
    begun = time.monotonic()
    box.tell("go")
    assert box.wait() == 3
    assert 1.9 <= box.wait_time() - begun < 10


def test_a_stop_on_the_way_out_is_not_for_the_exit_hook(refused, fault, place):
    hook = place / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {place}/begun\nwhile ! test -e {place}/go; do sleep 0.05; done\n"
                    f"touch {place}/told\n")
    hook.chmod(0o755)
    box = refused("--on-exit", str(hook), "--hook-timeout", "60s", app=["sh", "-c", "exit 3"])
    until(lambda: (place / "begun").exists(), "the hook runs")
    assert fault(box.pid).returncode == 0
    box.signal(signal.SIGTERM)
    time.sleep(0.3)
    (place / "go").touch()
    assert box.wait() == 3
    assert (place / "told").exists()


def test_an_app_that_nobody_may_kill_ends_with_it(bench, drainit, fault):
    box = drainit("--drain", "0", "--stop-timeout", "1s",
                  app=["setpriv", "--reuid=65534", "--clear-groups", "sleep", "600"],
                  before=("setpriv", "--bounding-set=-kill", "--inh-caps=-kill",
                          str(bench / "refuse"), "execveat"))
    until(lambda: box.named("sleep"), "the app has changed its user")
    assert fault(box.pid).returncode == 0
    box.signal(signal.SIGTERM)
    assert box.wait() == 128 + signal.SIGKILL


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_before_the_start_it_is_given_up(refused, fault, place, under_init):
    kept = place / "message"
    kept.write_text("")
    box = refused("--start-after", f"file:{place}/go", app=["signals"], before=termination_log(kept),
                  under_init=under_init)
    box.log.wait_for("waiting for")
    assert fault(box.pid).returncode == 0
    assert box.wait() == 125
    assert box.log.all()[-1] == CANNOT + "nothing is started; ends with 125"
    assert kept.read_text() == box.log.all()[-1] + "\n"


# Executes what is behind it with an environment into which hardly a word more fits.
FILL = r"""
import os, resource, sys
resource.setrlimit(resource.RLIMIT_STACK, (8 << 20, 8 << 20))
for size in range(131060, 100000, -4):
    try:
        os.execve(sys.argv[1], sys.argv[1:], {"PATH": os.environ["PATH"],
                                              **{f"A{number}": "x" * size for number in range(16)}})
    except OSError:
        pass
"""


def test_an_environment_that_is_too_long_to_be_given_again(drainit, fault):
    box = drainit("--drain", "1s", app=["signals", "TERM=3"], before=("/usr/bin/python3", "-c", FILL))
    box.out.wait_for("^ready")
    probing.wait_for_status(box, 200, "/livez")
    assert fault(box.pid).returncode == 0
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    # Refused at each try: it never came back.
    assert not box.log.matching("came back")
