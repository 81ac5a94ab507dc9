"""How many system calls a start, a signal, a probe and an end cost: counted by strace, never timed."""

import os
import re
import signal

import pytest

import probing
from box import until

#: What makes room in memory.
ALLOCATION = {"brk", "mmap", "munmap", "mremap"}
#: The wait, and giving back what the last event needed.
IDLE = {"epoll_pwait", "madvise"}
TIMES = 20


class Trace:
    """The system calls of drainit alone, in order."""

    def __init__(self, path):
        self._path = path

    def calls(self):
        """Every call so far by its name; the signals and ends that strace shows are none."""
        lines = self._path.read_text(errors="replace").splitlines()
        return [match.group(1) for match in (re.match(r"(\w+)\(", line) for line in lines) if match]


@pytest.fixture
def traced(drainit, place):
    """Starts drainit under strace; the box and its trace."""

    def run(*options, app):
        path = place / "trace"
        box = drainit(*options, app=app, under_init=True, before=("strace", "-qq", "-o", str(path)))
        box.out.wait_for("^(ready|made)")
        box.drainit = until(lambda: box.named("drainit"), "drainit")[0]
        trace = Trace(path)
        until(lambda: trace.calls()[-1:] == ["epoll_pwait"], "it waits")
        return box, trace
    return run


SERVER = ["signals", "--listen", "8080", "USR2=0"]


@pytest.mark.parametrize("options, before_app, all_in_all", [
    # The pipe of the exec's answer is five of them: made, waited for, read, and its ends closed. Four are the
    # look at the app's name when it is ready.
    (["--plain"], 64, 86), ([], 86, 136)], ids=["plain", "as it ships"])
def test_a_start_costs_few(traced, options, before_app, all_in_all):
    box, trace = traced(*options, "--ready", "none", app=SERVER)
    calls = trace.calls()
    assert calls.index("clone") <= before_app, calls
    # Who looks late sees also that what the start needed is given back.
    assert len([call for call in calls if call not in IDLE]) <= all_in_all, calls


@pytest.mark.parametrize("options", [["--plain"], []], ids=["plain", "as it ships"])
def test_a_signal_that_is_passed_on_costs_three_and_no_memory(traced, options):
    box, trace = traced("--ready", "none", *options, app=SERVER)
    os.kill(box.drainit, signal.SIGHUP)
    box.out.wait_for("^HUP")
    before = len(trace.calls())
    for count in range(2, TIMES + 2):
        os.kill(box.drainit, signal.SIGHUP)
        box.out.wait_for("^HUP", count=count)
    calls = trace.calls()[before:]
    # The wait, the read, the kill; now and then what is not needed is given back.
    assert calls.count("kill") == TIMES
    assert len([call for call in calls if call not in IDLE]) <= 2 * TIMES, calls
    assert calls.count("epoll_pwait") <= TIMES + calls.count("madvise") + 3, calls
    assert not ALLOCATION & set(calls), calls


def test_a_signal_of_the_tables_programs_costs_four(traced):
    box, trace = traced("--ready", "none", app=SERVER)
    os.kill(box.drainit, signal.SIGUSR1)
    box.out.wait_for("^USR1")
    before = len(trace.calls())
    for count in range(2, TIMES + 2):
        os.kill(box.drainit, signal.SIGUSR1)
        box.out.wait_for("^USR1", count=count)
    calls = trace.calls()[before:]
    # The wait, the read, the look at the app's name, the kill.
    assert calls.count("kill") == calls.count("pread64") == TIMES
    assert len([call for call in calls if call not in IDLE]) <= 3 * TIMES, calls
    assert not ALLOCATION & set(calls), calls


def test_a_probe_costs_few_and_no_memory(traced):
    box, trace = traced("--ready", "none", app=SERVER)
    for _ in range(3):
        probing.wait_until_ready(box)
    before = len(trace.calls())
    for _ in range(TIMES):
        assert probing.get(box).status == 200
    calls = trace.calls()[before:]
    assert not ALLOCATION & set(calls), calls
    # How often it waits in between is the machine's; a request that comes late is read for twice.
    assert len([call for call in calls if call not in IDLE]) <= 10 * TIMES, calls


def test_an_orphan_costs_few_and_no_memory(traced):
    box, trace = traced("--ready", "none", app=["orphans", "5", "-1"])
    until(lambda: len(box.children(box.drainit)) == 6, "they are adopted")
    before = len(trace.calls())
    for pid in box.children(box.drainit)[1:]:
        left = len(box.children(box.drainit)) - 1
        os.kill(pid, signal.SIGKILL)
        until(lambda: len(box.children(box.drainit)) == left, "it is reaped")
    calls = trace.calls()[before:]
    assert not ALLOCATION & set(calls), calls
    assert len([call for call in calls if call != "madvise"]) <= 5 * 9, calls


@pytest.mark.parametrize("options, most", [(["--plain"], 8), ([], 10)], ids=["plain", "as it ships"])
def test_the_end_gives_back_nothing_that_the_kernel_takes_anyway(traced, options, most):
    box, trace = traced("--ready", "none", *options, app=SERVER)
    os.kill(box.drainit, signal.SIGHUP)
    box.out.wait_for("^HUP")
    os.kill(box.drainit, signal.SIGUSR2)
    assert box.wait() == 0
    calls = trace.calls()
    assert calls[-1] == "exit_group"
    last = len(calls) - 1 - calls[::-1].index("kill")
    assert len(calls) - last - 1 <= most, calls[last:]
