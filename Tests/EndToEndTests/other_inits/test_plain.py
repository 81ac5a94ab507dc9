"""--plain: an init and nothing else, as quiet as tini."""

import os
import signal
import time

import pytest

import probing
from box import state_of, until


def test_the_stop_is_passed_on_at_once_though_the_app_listens(drainit):
    box = drainit("--plain", app=["web", "8080"])
    box.out.wait_for("listening")
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    assert box.wait_time() - sent < 0.9
    assert box.log.all() == []


def test_there_is_no_endpoint(drainit):
    box = drainit("--plain", app=["web", "8080"])
    box.out.wait_for("listening")
    assert not box.can_connect(probing.PORT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1])
def test_every_signal_is_forwarded(drainit, number):
    box = drainit("--plain", app=["signals"])
    box.out.wait_for("^ready")
    for count in (1, 2):
        box.signal(number)
        box.out.wait_for(f"^{signal.Signals(number).name[3:]} ", count=count)


def test_orphans_are_reaped_and_the_code_is_the_apps(drainit):
    box = drainit("--plain", app=["orphans", "50"])
    box.out.wait_for("^made")
    until(lambda: not [p for p in box.processes() if state_of(p) == "Z"], "no zombie is left")
    os.kill(box.app, signal.SIGKILL)
    assert box.wait() == 137


def test_what_is_wrong_is_still_said(drainit):
    box = drainit("--plain", app=["no-such-program-here"])
    assert box.wait() == 127
    assert box.log.matching("no-such-program-here")


def test_verbose_says_what_it_does(drainit):
    box = drainit("--plain", "-v", app=["true"])
    assert box.wait() == 0
    assert box.log.matching("^drainit: ")


def test_verbose_names_what_is_reaped(drainit):
    box = drainit("--plain", "-v", app=["orphans", "3"])
    box.log.wait_for(r"^drainit: reaped: pid \d+ exited 0$", count=3)


def test_it_can_be_asked_for_by_the_environment(drainit):
    box = drainit(app=["web", "8080"], env={"DRAINIT_PLAIN": "1"})
    box.out.wait_for("listening")
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    assert box.log.all() == []
