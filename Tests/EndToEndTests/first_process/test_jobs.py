"""drainit as somebody's job, and an app that it may not signal: nobody is frozen, nothing waits for ever."""

import os
import re
import signal
import time

import pytest

from box import RTMIN, comm_of, cpu_seconds, sleeps, state_of, status_of, until
import probing
from screen import CTRL_C, CTRL_Z, OWN_TERMINAL


def test_a_sigstop_of_the_app_below_another_init_stops_nobody_else(start, bench):
    box = start(["tini", "-s", "--", bench / "drainit", "--drain", "0", "--", bench / "signals", "TERM=3"],
                under_init=True)
    box.out.wait_for("^ready")
    drainit = until(lambda: box.named("drainit"), "drainit")[0]
    app = until(lambda: box.named("signals"), "the app")[0]
    os.kill(app, signal.SIGSTOP)
    until(lambda: state_of(app) == "T", "it is stopped")
    box.log.wait_for("was stopped by SIGSTOP and stays so")
    assert state_of(drainit) != "T"
    os.kill(drainit, signal.SIGTERM)
    box.out.wait_for("^TERM ")
    assert box.wait() == 3


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_a_sigstop_of_the_app_in_a_script_with_job_control_stops_nobody_else(start, bench, screen, shell):
    box = start([shell, "-c", 'set -m; "$0" --drain 0 -- "$1" TERM=3; echo code=$?',
                 bench / "drainit", bench / "signals"], under_init=True, before=OWN_TERMINAL,
                stdin=screen.slave, stdout=screen.slave, stderr=screen.slave)
    screen.lines.wait_for("^ready")
    drainit = until(lambda: box.named("drainit"), "drainit")[0]
    app = until(lambda: box.named("signals"), "the app")[0]
    assert os.getpgid(drainit) not in (os.getpgid(box.pid), os.getpgid(app))
    os.kill(app, signal.SIGSTOP)
    screen.lines.wait_for("was stopped by SIGSTOP and stays so")
    assert state_of(app) == "T" and state_of(drainit) != "T"
    os.kill(app, signal.SIGCONT)
    screen.lines.wait_for("^CONT ")
    os.kill(app, signal.SIGSTOP)
    screen.lines.wait_for("was stopped by SIGSTOP and stays so", count=2)
    os.kill(drainit, signal.SIGTERM)
    screen.lines.wait_for("^code=3")


@pytest.mark.parametrize("above, first", [
    (["tini", "-s", "--"], False), (["tini", "-s", "-g", "--"], False), (["tini", "--"], True),
    (["dumb-init", "-c"], True), (["bash", "-mc", '"$@"; exit', "bash"], True)],
    ids=["tini -s", "tini -s -g", "docker run --init -it", "dumb-init -c", "set -m in bash"])
def test_below_what_could_not_continue_it_an_app_that_ctrl_z_stopped_goes_on(start, bench, screen, above, first):
    box = start([*above, bench / "drainit", "--drain", "0", "--", "sh", "-c", "echo u''p; exec sleep 600"],
                under_init=not first, before=OWN_TERMINAL,
                stdin=screen.slave, stdout=screen.slave, stderr=screen.slave)
    screen.lines.wait_for("^up")
    app = until(lambda: box.named("sleep"), "the shell has become sleep")[0]
    for count in (1, 2):
        screen.type(CTRL_Z)
        screen.lines.wait_for("was stopped by SIGTSTP, and nobody else could continue it", count=count)
        until(lambda: state_of(app) == "S", "it goes on")
    assert state_of(box.named("drainit")[0]) != "T"
    screen.type(CTRL_C)
    assert box.wait() == 130


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
@pytest.mark.parametrize("name", ["STOP", "TTIN", "TTOU"])
def test_an_app_that_is_stopped_again_and_again_while_it_stops_is_continued_once(drainit, name, under_init):
    # As one that asks from the background whether it shall really end: each read stops it anew.
    box = drainit("--drain", "0", "--stop-timeout", "4s", under_init=under_init, app=[
        "sh", "-c", f"trap 'while :; do kill -{name} $$; done' TERM; echo ready; while :; do sleep 0.1; done"])
    box.out.wait_for("^ready")
    app = box.app
    box.signal(signal.SIGTERM)
    box.log.wait_for(f"was stopped by SIG{name} and stays so")
    assert state_of(app) == "T"
    assert box.wait() == 128 + signal.SIGKILL
    assert len(box.log.matching("was stopped by")) == 2, box.log.text()


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
@pytest.mark.parametrize("when", ["serving", "stopping"])
def test_an_app_that_suspends_itself_again_and_again_costs_a_line_a_second(drainit, when, under_init):
    loop = "while :; do kill -TSTP $$; done"
    script = {"serving": f"echo ready; {loop}",
              "stopping": f"trap '{loop}' TERM; echo ready; while :; do sleep 0.1; done"}[when]
    box = drainit("--drain", "0", "--stop-timeout", "6s", "--ready", "none", under_init=under_init,
                  app=["sh", "-c", script])
    box.out.wait_for("^ready")
    if when == "stopping":
        box.signal(signal.SIGTERM)
    first, fourth = (box.log.time_of("was stopped by SIGTSTP", count=count) for count in (1, 4))
    assert 2.9 < fourth - first < 5
    assert cpu_seconds(box) < 0.5
    if when == "serving":
        # What it was sent while it was stopped acts when it goes on.
        box.signal(signal.SIGTERM)
    assert box.wait() == 128 + (signal.SIGTERM if when == "serving" else signal.SIGKILL)


def test_an_app_in_the_background_that_reads_the_terminal_while_it_stops_is_continued_once(start, bench, screen):
    # The terminal is the session's leader's, and drainit a background job that nobody waits for.
    box = start(["bash", "-mc", '"$@" & wait', "bash", bench / "drainit", "--drain", "0", "--stop-timeout", "4s", "--",
                 "sh", "-c", "trap 'read line </dev/tty' TERM; echo ready; while :; do sleep 0.1; done"],
                under_init=True, before=OWN_TERMINAL, stdin=screen.slave, stdout=screen.slave, stderr=screen.slave)
    screen.lines.wait_for("^ready")
    drainit = until(lambda: box.named("drainit"), "drainit")[0]
    app = until(lambda: box.children(drainit), "the app")[0]
    os.kill(drainit, signal.SIGTERM)
    screen.lines.wait_for("was stopped by SIGTTIN and stays so")
    assert state_of(app) == "T"
    screen.lines.wait_for("did not stop within 4s: SIGKILL")
    assert len(screen.lines.matching("was stopped by SIGTTIN")) == 2, screen.lines.text()


ANOTHER_USER = ["setpriv", "--reuid=65534", "--clear-groups"]
NO_CAP_KILL = ("setpriv", "--bounding-set=-kill", "--inh-caps=-kill")


def out_of_reach(drainit, *options):
    """Runs an app of another user's, which drainit may not signal."""
    box = drainit("--drain", "0", *options, app=[*ANOTHER_USER, "sleep", "600"], before=NO_CAP_KILL)
    until(lambda: box.named("sleep"), "the app has changed its user")
    return box


def forwarded(box):
    """How many signals were passed on."""
    return int(re.search(r"^drainit_signals_forwarded_total (\d+)$", probing.get(box, "/metrics").text, re.M).group(1))


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
@pytest.mark.parametrize("target", ["group", "all"])
def test_an_app_that_refuses_ends_the_stop_whoever_beside_it_takes_the_signal(drainit, target, under_init):
    box = drainit("--drain", "0", "--stop-timeout", "1s", "--signal-to", target, before=NO_CAP_KILL,
                  under_init=under_init, app=["sh", "-c", f"sleep 1001 & exec {' '.join(ANOTHER_USER)} sleep 600"])
    app = box.app
    until(lambda: status_of(app)["Uid"].split()[0] == "65534", "the app has changed its user")
    child = until(lambda: sleeps(box), "its child is there")[0]
    begun = time.monotonic()
    box.signal(signal.SIGTERM)
    until(lambda: state_of(child) in (None, "Z"), "its child has ended")
    assert box.wait() == 128 + signal.SIGKILL
    assert box.wait_time() - begun < 6
    box.log.wait_for(r"^drainit: SIGTERM to sleep .* is refused \(not permitted\), SIGKILL in 1s")
    box.log.wait_for("did not stop within 1.*: SIGKILL is refused")
    for name in ("SIGTERM", "SIGKILL"):
        box.log.wait_for(rf"^drainit: {name} to sleep .* was refused: not permitted")
    box.log.wait_for("still runs: SIGKILL was refused after 1")


@pytest.mark.parametrize("target", ["app", "group", "all"])
def test_a_refused_signal_is_neither_told_nor_counted_as_passed_on(drainit, target):
    box = out_of_reach(drainit, "-v", "--ready", "none", "--signal-to", target)
    box.signal(signal.SIGUSR1)
    box.log.wait_for(r"^drainit: SIGUSR1 to .* was refused: not permitted \(another user's process")
    box.signal(RTMIN + 1, value=7)
    box.log.wait_for(r"^drainit: SIGRTMIN\+1 to .* was refused: not permitted")
    assert forwarded(box) == 0
    assert not box.log.matching("passed on")


def test_a_signal_that_some_of_the_apps_processes_refuse_is_logged_as_that(drainit, bench):
    # Below another init those that descend from drainit are signalled one by one.
    box = drainit("-v", "--ready", "none", "--signal-to", "all", before=NO_CAP_KILL, under_init=True,
                  app=["sh", "-c", f"{' '.join(ANOTHER_USER)} sleep 1001 & exec \"$0\"", bench / "signals"])
    other = until(lambda: sleeps(box), "there is one out of reach")[0]
    until(lambda: status_of(other)["Uid"].split()[0] == "65534", "it has changed its user")
    box.out.wait_for("^ready")
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR1 ")
    box.log.wait_for("^drainit: SIGUSR1 to signals .* was refused by some of its processes: not permitted")
    assert not box.log.matching("passed on")


def test_a_signal_for_which_the_queue_has_no_room_is_said_to_be_that(drainit, bench):
    box = drainit("-v", "--ready", "none", app=["prlimit", "--sigpending=0:0", bench / "signals"])
    box.out.wait_for("^ready")
    box.signal(RTMIN + 1, value=7)
    box.log.wait_for(r"^drainit: SIGRTMIN\+1 to .* was refused: its queue of signals is full \(ulimit -i\)$")
    assert forwarded(box) == 0
    assert not box.log.matching("passed on|more processes")


def test_a_hook_that_cannot_be_killed_is_said_to_run_on(drainit):
    box = drainit("--drain", "0", "--on-exit", f"{' '.join(ANOTHER_USER)} sleep 1001", "--hook-timeout", "1s",
                  app=["true"], before=NO_CAP_KILL)
    assert box.wait() == 0
    assert box.log.matching("^drainit: --on-exit setpriv: no answer in time, and SIGKILL was refused: it runs on$")


def test_of_a_check_that_cannot_be_killed_there_is_one(drainit):
    box = drainit("--ready", f"exec:{' '.join(ANOTHER_USER)} sleep 1001", "--check-timeout", "200ms",
                  "--ready-every", "20ms", app=["sleep", "600"], before=NO_CAP_KILL)
    box.log.wait_for(" started")
    until(lambda: "SIGKILL was refused" in probing.get(box, "/readyz?verbose").text, "it is said")
    left, = sleeps(box)
    box.run_inside("sleep", "2.5")
    assert sleeps(box) == [left]
    # When it has ended it is asked again.
    os.kill(left, signal.SIGKILL)
    until(lambda: sleeps(box) not in ([], [left]), "another one runs")


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
    assert box.log.matching(r"did not stop within 1.*: SIGKILL is refused")
    assert box.log.matching(r"still runs: SIGKILL was refused after 1"), box.log.text()
    assert not box.log.matching("was ended by")


def test_where_some_of_the_left_overs_refuse_a_signal_that_is_said(drainit):
    script = ("setpriv --reuid=65534 --clear-groups sleep 600 & "
              "(trap '' TERM; exec sleep 601) & "
              "trap 'exit 3' TERM; while :; do sleep 0.05; done")
    box = drainit("--drain", "0", "--orphans", "2s", app=["sh", "-c", script],
                  before=NO_CAP_KILL)
    until(lambda: any(status_of(pid)["Uid"].split()[0] == "65534" for pid in box.named("sleep")),
          "one has changed its user")
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    for name in ("SIGTERM", "SIGKILL"):
        assert box.log.matching(
            rf"{name} to the processes that are left is refused by some of them \(not permitted"), box.log.text()


@pytest.mark.parametrize("target", ["app", "group", "all"])
def test_a_plan_with_a_grace_ends_within_it_whoever_refuses(drainit, target):
    box = out_of_reach(drainit, "--grace", "3s", "--signal-to", target, "--orphans", "wait")
    begun = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 128 + signal.SIGKILL
    assert box.wait_time() - begun < 3 + 3
    assert box.log.matching(r"the processes that are left is refused")
