"""A profile (seccomp) that refuses what drainit calls: at once, after a fault, or by a SIGSYS."""

import signal
import time

import pytest

import probing
from box import RTMIN, cpu_seconds, until

# What waits, and what a profile that was recorded with an ordinary life may leave out.
WAITS = "rt_sigtimedwait,nanosleep,clock_nanosleep"


@pytest.mark.parametrize("calls", [
    f"execveat,{WAITS}", f"execveat,{WAITS},poll,ppoll", "trap:execveat,nanosleep,clock_nanosleep,poll,ppoll",
    "execveat,poll,ppoll"], ids=str)
def test_a_profile_that_refuses_a_way_to_wait_makes_it_neither_deaf_nor_busy(refused, fault, calls):
    box = refused("--drain", "1s", app=["signals", "--listen", "8080", "TERM=3"], calls=calls)
    box.out.wait_for("^ready")
    probing.wait_until_ready(box)
    assert fault(box.pid).returncode == 0
    box.log.wait_for("cannot come back")
    before = cpu_seconds(box)
    box.signal(RTMIN + 3, value=7)
    box.out.wait_for(r"^RTMIN\+3 .*value=7$")
    box.signal(signal.SIGABRT)
    box.out.wait_for("^ABRT ")
    time.sleep(1)
    assert cpu_seconds(box) - before < 0.2
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    assert 1 <= box.out.time_of("^TERM ") - sent < 5


@pytest.mark.parametrize("more", ["", ",poll,ppoll"])
def test_without_the_loop_signals_are_heard_and_it_is_not_busy(refused, more):
    """No fault at all: the ordinary life's own wait is refused."""
    box = refused("--drain", "1s", "--listen", "off", app=["signals", "TERM=3"],
                  calls=f"epoll_pwait,epoll_wait{more}")
    box.out.wait_for("^ready")
    before = cpu_seconds(box)
    time.sleep(1)
    assert cpu_seconds(box) - before < 0.2
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR1 ")
    box.signal(signal.SIGABRT)
    box.out.wait_for("^ABRT ")
    box.run_inside("sh", "-c", "(true &); (true &)")
    until(lambda: len(box.processes()) == 2, "they are reaped")
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    assert 1 <= box.out.time_of("^TERM ") - sent < 5
    line, = box.log.matching("a system call failed")
    assert line.endswith("not permitted"), line


def test_a_profile_that_answers_a_call_with_sigsys_refuses_it_and_is_no_fault(drainit, bench):
    box = drainit("--drain", "1s..2s", app=["signals", "--listen", "8080", "TERM=3"],
                  before=(str(bench / "refuse"), "trap:netlink"))
    box.out.wait_for("^ready")
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    assert not box.log.matching("came back"), box.log.text()


def test_nor_is_it_one_of_a_life_that_came_back_bare(drainit, bench, fault):
    box = drainit("--drain", "1s..2s", app=["signals", "--listen", "8080", "TERM=3"],
                  before=(str(bench / "refuse"), "trap:netlink,close_range"))
    probing.wait_until_ready(box)
    for count in (1, 2, 3):
        assert fault(box.pid).returncode == 0
        box.log.wait_for(rf"\(SIGSEGV, {count} times? so far\)")
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    assert box.out.time_of("^TERM ") - sent >= 2
    assert len(box.log.matching("came back")) == 3, box.log.text()
