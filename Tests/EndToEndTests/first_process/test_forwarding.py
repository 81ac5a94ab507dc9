"""Signals that are not the platform's stop reach the app as if drainit were not there."""

import os
import re
import signal
import time

import pytest

import probing
from box import RTMIN, signal_set, status_of, until

# What PID 1 forwards at once: everything catchable but the drain signals (TERM, and INT from
# outside), CHLD, TTIN and TTOU.
PLAIN = [signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE,
         signal.SIGALRM, signal.SIGCONT, signal.SIGTSTP, signal.SIGURG, signal.SIGXCPU,
         signal.SIGXFSZ, signal.SIGVTALRM, signal.SIGPROF, signal.SIGWINCH, signal.SIGIO,
         signal.SIGPWR, 16]
FAULTS = [signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP,
          signal.SIGABRT, signal.SIGSYS]


def short(number):
    return "STKFLT" if number == 16 else signal.Signals(number).name[3:]


def test_every_signal_but_the_drain_signals_reaches_the_app(drainit, user):
    box = drainit(app=["signals"], before=user)
    box.out.wait_for("^ready")
    for number in PLAIN:
        box.signal(number)
        box.out.wait_for(rf"^{short(number)} ")


@pytest.mark.parametrize("number", FAULTS, ids=short)
def test_a_fault_signal_that_somebody_sent_is_forwarded_and_harms_nobody(drainit, number):
    box = drainit(app=["signals"])
    box.out.wait_for("^ready")
    for _ in range(3):
        seen = len(box.out.matching(rf"^{short(number)} "))
        box.signal(number)
        box.out.wait_for(rf"^{short(number)} ", count=seen + 1)
    box.signal_inside(number)
    box.out.wait_for(rf"^{short(number)} ", count=4)


def test_real_time_signals_keep_their_numbers_their_values_and_their_count(drainit):
    box = drainit(app=["signals"])
    box.out.wait_for("^ready")
    for number in range(RTMIN, 65):
        box.signal(number, value=1000 + number)
    names = ["RTMIN"] + [f"RTMIN+{n - RTMIN}" for n in range(RTMIN + 1, 65)]
    for name, number in zip(names, range(RTMIN, 65)):
        box.out.wait_for(rf"^{re.escape(name)} code=-1 pid=\d+ value={1000 + number}$")
    # A real-time signal is queued: each of several is one.
    for value in range(20):
        box.signal(RTMIN + 5, value=value)
    box.out.wait_for(r"^RTMIN\+5 code=-1 .* value=19$")
    values = [int(line.split("value=")[1]) for line in box.out.matching(r"^RTMIN\+5 ")]
    assert values == [1000 + RTMIN + 5, *range(20)]


def test_sigchld_is_not_forwarded(drainit):
    box = drainit(app=["signals"])
    box.out.wait_for("^ready")
    box.signal(signal.SIGCHLD)
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR1 ")
    assert not box.out.matching("^CHLD ")


@pytest.mark.parametrize("number", [signal.SIGTTIN, signal.SIGTTOU])
def test_a_terminals_signal_that_somebody_sent_is_forwarded(drainit, number):
    # To gunicorn and unicorn they say: one worker more, one less.
    box = drainit(app=["signals"])
    box.out.wait_for("^ready")
    box.signal_inside(number)
    box.out.wait_for(f"^{number.name[3:]} ")


def test_sigint_from_inside_is_a_persons_and_forwarded_at_once(drainit):
    box = drainit("--drain", "60s", app=["signals", "--listen", "8080", "INT=9"])
    box.out.wait_for("^ready")
    box.signal_inside(signal.SIGINT)
    assert box.wait() == 9


def test_a_burst_of_signals_before_the_app_is_there_loses_none(start, bench):
    # They are sent while PID 1 is another program that blocks them, and stay pending over its exec
    # (dash would clear the mask).
    script = '(kill -USR1 1; kill -WINCH 1; kill -HUP 1); exec "$0" -- "$1"'
    box = start(["env", "--block-signal=USR1,WINCH,HUP", "bash", "-c", script,
                 bench / "drainit", bench / "signals"])
    for name in ("USR1", "WINCH", "HUP"):
        box.out.wait_for(f"^{name} ")


def test_the_app_starts_with_the_mask_and_dispositions_that_drainit_was_started_with(drainit):
    box = drainit(app=["signals"], before=(
        "env", "--block-signal=USR2", "--ignore-signal=HUP", "--ignore-signal=PIPE"))
    ready = box.out.wait_for("^ready blocked=([0-9a-f]+) ignored=([0-9a-f]+) ")
    assert int(ready.group(1), 16) == signal_set(signal.SIGUSR2)
    assert int(ready.group(2), 16) == signal_set(signal.SIGHUP, signal.SIGPIPE)


def test_without_anything_inherited_the_app_starts_with_no_signal_blocked_or_ignored(drainit):
    box = drainit(app=["signals"])
    ready = box.out.wait_for("^ready blocked=([0-9a-f]+) ignored=([0-9a-f]+) ")
    assert ready.groups() == ("0", "0")


def test_the_app_leads_a_process_group_of_its_own(drainit):
    box = drainit(app=["signals"])
    ready = box.out.wait_for(r"^ready .* pid=(\d+) group=(\d+) ")
    assert ready.group(1) == ready.group(2) != "1"


def test_environment_directory_and_arguments_are_the_apps_as_they_were(drainit, place):
    box = drainit(app=["sh", "-c", 'pwd; echo "$A"; echo "$#:$1:$2"', "sh", "two words", ""],
                  env={"A": "x y"}, cwd=str(place))
    assert box.wait() == 0
    assert box.out.all() == [str(place), "x y", "2:two words:"]


FAMILY = r'''
trap "echo leader $1" USR1
sh -c "trap \"echo child\" USR1; echo child-ready; while :; do sleep 1 & wait; done" &
setsid sh -c "trap \"echo stranger\" USR1; echo stranger-ready; while :; do sleep 1 & wait; done" &
while :; do wait; done
'''


@pytest.mark.parametrize("target, who", [
    ("app", {"leader"}), ("group", {"leader", "child"}), ("all", {"leader", "child", "stranger"})])
@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_signal_to_says_which_of_the_apps_processes_get_it(drainit, target, who, under_init):
    box = drainit("--signal-to", target, app=["sh", "-c", FAMILY], under_init=under_init)
    for ready in ("child-ready", "stranger-ready"):
        box.out.wait_for(ready)
    until(lambda: int(status_of(box.app)["SigCgt"], 16) & signal_set(signal.SIGUSR1), "its trap")
    box.signal(signal.SIGUSR1)
    for name in who:
        box.out.wait_for(f"^{name} ?$")
    # A second one that all surely have handled: what the first reached is then complete.
    box.signal(signal.SIGUSR1)
    for name in who:
        box.out.wait_for(f"^{name} ?$", count=2)
    assert {line.strip() for line in box.out.all() if not line.endswith("-ready")} == who


def test_drainit_itself_survives_every_signal_that_is_sent_to_it(drainit):
    box = drainit("--drain", "0", app=["signals"], under_init=True)
    box.out.wait_for("^ready")
    for number in range(1, 65):
        if number not in (signal.SIGKILL, signal.SIGSTOP, 32, 33):
            os.kill(box.pid, number)
    box.out.wait_for(r"^RTMIN\+30 ")
    assert box.is_running


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_rewrite_passes_a_signal_on_as_another_or_not_at_all(drainit, under_init):
    box = drainit("--rewrite", "USR1:USR2", "-r", "HUP:0", "--rewrite", "RTMIN+1:QUIT",
                  app=["signals"], under_init=under_init)
    box.out.wait_for("^ready")
    box.signal(signal.SIGHUP)
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR2 ")
    box.signal(RTMIN + 1)
    box.out.wait_for("^QUIT ")
    assert not box.out.matching("^(HUP|USR1|RTMIN)")


def test_rewriting_the_drain_signal_is_rewriting_the_stop(drainit):
    box = drainit("--rewrite", "TERM:QUIT", "--drain", "1s", app=["signals", "--listen", "8080", "QUIT=4"])
    probing.wait_until_ready(box)
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 4
    assert box.out.time_of("^QUIT ") - sent >= 1
    assert not box.out.matching("^TERM ")
