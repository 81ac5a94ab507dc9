"""Whatever a signal to everybody reaches, drainit's own hooks and checks are not meant."""

import signal
import subprocess

import pytest

import probing
from box import comm_of, sleeps, state_of, until

# The hook and what it starts, be it in a session of its own, last until the signals are over.
HOOK = "sh -c 'setsid sh -c \"sleep 2; echo grandchild over >&2\" & echo begun >&2; sleep 2; echo over >&2; wait'"


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_drain_signals_while_the_exit_hook_runs_end_the_left_overs_and_not_the_hook(drainit, under_init):
    box = drainit("--ready", "none", "--orphans", "30s", "--on-exit", HOOK,
                  app=["orphans", "2", "-1", "ignore"], stdin=subprocess.PIPE, under_init=under_init)
    box.out.wait_for("^made 2$")
    probing.wait_until_ready(box)
    left = [pid for pid in box.named("orphans") if pid != box.app]
    box.tell("exit 3")
    box.log.wait_for("^begun")
    until(lambda: len(box.named("sleep")) == 2, "the hook and its child sleep")
    box.signal(signal.SIGTERM)
    box.log.wait_for("SIGTERM to the processes that are left")
    assert all(map(state_of, left))
    box.signal(signal.SIGTERM)
    until(lambda: not any(map(state_of, left)), "the left-overs are killed")
    assert box.wait() == 3
    assert box.log.matching("^over") and box.log.matching("^grandchild over"), box.log.text()
    assert box.log.matching("--on-exit sh: done")


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_a_signal_to_all_is_not_for_the_drain_hook_nor_a_check(drainit, place, under_init):
    check = f"sh -c 'test -e {place}/asked || {{ touch {place}/asked; sleep 0.5; touch {place}/held; }}'"
    box = drainit("--drain", "4s", "--signal-to", "all", "--on-drain", HOOK, "--ready", f"exec:{check}",
                  app=["signals", "--listen", "8080", "TERM=3"], under_init=under_init)
    box.out.wait_for("^ready")
    until((place / "asked").exists, "the check runs")
    box.signal(signal.SIGHUP)
    box.out.wait_for("^HUP ")
    until((place / "held").exists, "the check goes on to its end")
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    box.log.wait_for("^begun")
    until(lambda: len(box.named("sleep")) == 2, "the hook and its child sleep")
    box.signal(signal.SIGHUP)
    box.out.wait_for("^HUP ", count=2)
    assert box.wait() == 3
    assert box.log.matching("^over") and box.log.matching("^grandchild over"), box.log.text()
    assert box.log.matching("--on-drain sh: done")


def test_a_signal_to_all_reaches_everybody_else_while_a_hook_runs(drainit):
    box = drainit("--ready", "none", "--drain", "3s", "--signal-to", "all", "--on-drain", "sleep 2",
                  app=["sh", "-c", "setsid sleep 1001 & sleep 1002 & trap 'true' USR1; while :; do wait; done"])
    until(lambda: len(sleeps(box)) == 2, "they sleep")
    both = sleeps(box)
    until(lambda: all(comm_of(pid) == "sleep" for pid in both), "both are what they will be")
    box.signal(signal.SIGTERM)
    box.log.wait_for("draining for")
    box.signal(signal.SIGUSR1)
    until(lambda: not any(map(state_of, both)), "both are ended by it")
    assert comm_of(box.pid) == "drainit"
    box.log.wait_for("--on-drain sleep: done")


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_no_hook_nor_check_is_said_to_be_in_the_way(drainit, place, under_init):
    # Both are long at work when the app is killed, each with a child in a session of its own.
    work = "sh -c 'touch {}; setsid sleep 1001 & sleep 1002'"
    box = drainit("--drain", "1s", "--stop-timeout", "2s", "--hook-timeout", "60s", "--check-timeout", "60s",
                  "--ready", f"exec:{work.format(place / 'check')}", "--on-drain", work.format(place / "hook"),
                  app=["sh", "-c", "trap true TERM; setsid tail -f /dev/null & while :; do wait; done"],
                  under_init=under_init)
    until((place / "check").exists, "the check runs")
    until(lambda: box.named("tail"), "the app has a child")
    box.signal(signal.SIGTERM)
    assert box.wait() == 128 + signal.SIGKILL
    assert (place / "hook").exists()
    named = [line.split()[4] for line in box.log.matching("drainit: in the way: ")]
    assert sorted(named) == ["sh", "tail"], box.log.text()


def test_a_signal_to_all_is_for_none_of_two_sets_of_programs(drainit, place):
    # As many hooks and checks as there may be, each a program that runs: all are known.
    words = []
    for count in range(16):
        for option, kind in (("--on-drain", ""), ("--ready", "exec:")):
            name = f"{option[2:]}-{count}"
            words += [option, f"{kind}sh -c 'touch {place}/begun-{name}; until test -e {place}/go; "
                              f"do sleep 0.2; done; touch {place}/over-{name}'"]
    box = drainit("--drain", "60s", "--signal-to", "all", "--check-timeout", "60s", "--hook-timeout", "60s", *words,
                  app=["signals", "--listen", "8080", "USR2=3"])
    box.out.wait_for("^ready")
    box.signal(signal.SIGTERM)
    until(lambda: len(list(place.glob("begun-*"))) == 32, "all of them run")
    box.signal(signal.SIGHUP)
    box.out.wait_for("^HUP ")
    (place / "go").touch()
    until(lambda: len(list(place.glob("over-*"))) == 32, "all of them go on to their end")
    box.log.wait_for("--on-drain sh: done", count=16)
    box.signal(signal.SIGUSR2)
    assert box.wait() == 3
