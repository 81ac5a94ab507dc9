"""A fault where drainit does one thing: what it was about to do is not done twice, nor for ever."""

import platform
import signal

import pytest

import probing
from faults import faults_at, termination_log

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the tracer knows x86's system calls")
CAME_BACK = r"^drainit: came back from a fault of its own \(SIG"
# The app is started by the latter.
KILL, CLONE = 62, 56


def test_a_signal_that_brings_it_down_twice_is_not_tried_again(drainit, fault):
    box = drainit("--drain", "300ms", app=["signals", "--listen", "8080"])
    probing.wait_until_ready(box)
    with faults_at(box, fault, KILL):
        box.signal(signal.SIGUSR1)
    # Once may have been a coincidence.
    box.out.wait_for("^USR1 ")
    with faults_at(box, fault, KILL, times=2):
        box.signal(signal.SIGUSR1)
    box.log.wait_for(CAME_BACK, count=3)
    box.signal(signal.SIGUSR2)
    box.out.wait_for("^USR2 ")
    assert len(box.out.matching("^USR1 ")) == 1


def test_an_app_that_was_just_started_is_not_started_again(drainit, fault, place):
    starts, kept = place / "starts", place / "message"
    kept.write_text("")
    box = drainit("--start-after", f"file:{place}/go", "--drain", "1s",
                  app=["sh", "-c", f"echo started >>{starts}; exec sleep 600"],
                  before=termination_log(kept))
    probing.wait_for_status(box, 200, "/livez")
    # At its return there is an app.
    with faults_at(box, fault, CLONE, calls=1):
        (place / "go").touch()
    assert box.wait() == 125
    assert not box.log.matching(CAME_BACK)
    why = box.log.wait_for("^drainit: no memory, or a fault of its own: cannot go on$").group(0)
    assert kept.read_text() == why + "\n"
    # Once, or it was ended before it could say so.
    assert not starts.exists() or starts.read_text() in ("", "started\n")
