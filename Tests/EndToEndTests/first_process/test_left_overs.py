"""What the app leaves behind: it ends with the namespace, is ended, or is waited for."""

import os
import signal
import subprocess
import time

import pytest

import probing
from box import state_of, until

SLACK = 5.0


def leave(drainit, *options, habit=(), code=3, **more):
    """An app that has left two orphans behind and ends; the box, and the orphans' pids outside."""
    box = drainit("--ready", "none", *options, app=["orphans", "2", "-1", *habit],
                  stdin=subprocess.PIPE, **more)
    box.out.wait_for("^made 2$")
    probing.wait_until_ready(box)
    orphans = [pid for pid in box.named("orphans") if pid != box.app]
    assert len(orphans) == 2
    box.orphans_inside = [box.processes()[pid] for pid in orphans]
    box.tell(f"exit {code}")
    return box, orphans


def test_by_default_they_end_with_the_namespace(drainit):
    box, orphans = leave(drainit)
    assert box.wait() == 3
    until(lambda: not any(map(state_of, orphans)), "they are gone")


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_with_a_time_they_are_asked_first(drainit, under_init):
    box, orphans = leave(drainit, "--orphans", "60s", under_init=under_init)
    assert box.wait() == 3
    until(lambda: not any(map(state_of, orphans)), "they are gone")


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_those_that_do_not_listen_are_killed_after_the_time_and_named(drainit, under_init):
    box, orphans = leave(drainit, "--orphans", "1s", habit=["ignore"], under_init=under_init)
    told = time.monotonic()
    assert box.wait() == 3
    assert 1 <= box.wait_time() - told + 0.1 < 1 + SLACK
    until(lambda: not any(map(state_of, orphans)), "they are gone")
    for pid in box.orphans_inside:
        assert box.log.matching(f"orphans.*{pid}|{pid}.*orphans"), box.log.text()


def test_with_wait_drainit_stays_until_the_last_has_ended_and_is_neither_ready_nor_alive(drainit):
    box, orphans = leave(drainit, "--orphans", "wait")
    for path in ("/readyz", "/livez"):
        probing.wait_for_status(box, 503, path)
    assert all(map(state_of, orphans))
    for pid in orphans:
        os.kill(pid, signal.SIGKILL)
    assert box.wait() == 3


def test_while_they_are_waited_for_a_drain_signal_tells_them_to_stop(drainit):
    box, _ = leave(drainit, "--orphans", "wait")
    probing.wait_for_status(box, 503, "/livez")
    box.signal(signal.SIGTERM)
    assert box.wait() == 3


def test_and_a_second_one_kills_them(drainit):
    box, orphans = leave(drainit, "--orphans", "wait", habit=["ignore"])
    probing.wait_for_status(box, 503, "/livez")
    box.signal(signal.SIGTERM)
    box.log.wait_for("SIGTERM")
    assert all(map(state_of, orphans))
    box.signal(signal.SIGTERM)
    assert box.wait() == 3


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_those_that_are_waited_for_are_told_of_a_stop(drainit, under_init):
    box = drainit("--ready", "none", "--drain", "0", "--orphans", "wait", app=["orphans", "2", "-1"],
                  under_init=under_init)
    box.out.wait_for("^made 2$")
    box.signal(signal.SIGTERM)
    # Nobody kills: the app and both end by the signal.
    assert box.wait() == 143
    assert box.log.matching("SIGTERM to the processes that are left")


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_and_those_that_do_not_listen_are_killed_before_the_end_of_the_grace(drainit, under_init):
    box = drainit("--ready", "none", "--drain", "0", "--grace", "5s", "--orphans", "wait",
                  app=["orphans", "2", "-1", "ignore"], under_init=under_init)
    box.out.wait_for("^made 2$")
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    box.log.wait_for("SIGTERM to the processes that are left")
    assert box.wait() == 143
    assert 4 <= box.wait_time() - sent + 0.1 < 4 + SLACK
    assert box.log.matching("SIGKILL to the processes that are left")
    assert box.log.matching("in the way: orphans")


# The signal may come while what is printed is still being printed, or just before a pause.
CATCHES = """
import os, signal, time
signal.signal(signal.SIGQUIT, lambda *_: (os.write(1, b"caught QUIT\\n"), os._exit(0)))
os.write(1, b"catches\\n")
while True: time.sleep(0.05)
"""


def test_a_stop_signal_of_the_apps_is_for_those_that_catch_it_and_others_get_sigterm(drainit, place):
    (place / "catches.py").write_text(CATCHES)
    box = drainit("--ready", "none", "--drain", "0", "--stop-signal", "QUIT", "--orphans", "wait",
                  app=["/usr/bin/python3", "-c", f"""
import os, subprocess, signal, time
subprocess.Popen(["/usr/bin/python3", "{place}/catches.py"])
other = subprocess.Popen(["sh", "-c", "trap 'echo told TERM; exit' TERM; echo traps; while :; do sleep 0.05; done"])
signal.signal(signal.SIGQUIT, lambda *_: os._exit(3))
os.write(1, b"serves\\n")
while True: time.sleep(0.05)
"""])
    for line in ("serves", "catches", "traps"):
        box.out.wait_for(f"^{line}")
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    assert box.out.matching("^caught QUIT") and box.out.matching("^told TERM"), box.out.text()


def test_not_pid_1_and_by_default_they_live_on(drainit):
    box, orphans = leave(drainit, under_init=True)
    assert box.wait() == 3
    assert all(map(state_of, orphans))


def test_who_did_not_stop_in_time_is_named_with_its_state(drainit):
    box = drainit("--drain", "0", "--stop-timeout", "500ms", app=["web", "--on-stop", "ignore", "8080"])
    box.out.wait_for("listening")
    inside = box.processes()[box.app]
    box.signal(signal.SIGTERM)
    assert box.wait() == 137
    assert box.log.matching(rf"web.*\b{inside}\b"), box.log.text()
