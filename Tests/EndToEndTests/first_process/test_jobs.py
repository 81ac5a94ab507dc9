"""drainit as somebody's job, and an app that it may not signal: nobody is frozen, nothing waits for ever."""

import os
import signal
import time

import pytest

from box import state_of, until


def test_a_sigstop_of_the_app_below_another_init_stops_nobody_else(start, bench):
    box = start(["tini", "-s", "--", bench / "drainit", "--drain", "0", "--", bench / "signals", "TERM=3"],
                under_init=True)
    box.out.wait_for("^ready")
    drainit = until(lambda: box.named("drainit"), "drainit")[0]
    app = until(lambda: box.named("signals"), "the app")[0]
    os.kill(app, signal.SIGSTOP)
    until(lambda: state_of(app) == "T", "it is stopped")
    box.log.wait_for("was stopped by SIGSTOP and stays so")
    assert state_of(drainit) == "S"
    os.kill(drainit, signal.SIGTERM)
    box.out.wait_for("^TERM ")
    assert box.wait() == 3


def out_of_reach(drainit, *options):
    """Runs an app of another user's, which drainit may not signal."""
    box = drainit("--drain", "0", *options, app=["setpriv", "--reuid=65534", "--clear-groups", "sleep", "600"],
                  before=("setpriv", "--bounding-set=-kill", "--inh-caps=-kill"))
    until(lambda: box.named("sleep"), "the app has changed its user")
    return box


def test_a_refused_signal_is_logged_as_refused_and_the_stop_ends_all_the_same(drainit):
    box = out_of_reach(drainit, "--stop-timeout", "1s")
    begun = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 128 + signal.SIGKILL
    assert box.wait_time() - begun < 6
    for name in ("SIGTERM", "SIGKILL"):
        assert box.log.matching(rf"^drainit: {name} to .* was refused: not permitted"), box.log.text()
    # Not said to be sent, either.
    assert box.log.matching(r"^drainit: SIGTERM to .* is refused \(not permitted\), SIGKILL in 1s"), box.log.text()
    assert box.log.matching(r"did not stop within 1s: SIGKILL is refused")


@pytest.mark.parametrize("target", ["app", "group", "all"])
def test_a_plan_with_a_grace_ends_within_it_whoever_refuses(drainit, target):
    box = out_of_reach(drainit, "--grace", "3s", "--signal-to", target, "--orphans", "wait")
    begun = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 128 + signal.SIGKILL
    assert box.wait_time() - begun < 3 + 3
    assert box.log.matching(r"the processes that are left is refused")
