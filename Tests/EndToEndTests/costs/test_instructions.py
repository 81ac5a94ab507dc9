"""What drainit itself computes, counted by valgrind: the same on every machine, and never timed."""

import os
import re
import signal

import pytest

from box import until

SERVER = ["signals", "--listen", "8080", "USR2=0"]


@pytest.fixture
def life(drainit, place):
    """Lives a life under one of valgrind's tools, with so many signals passed on; the tool's own words."""

    def run(tool, signals, *options):
        words = place / f"{tool}.{signals}"
        box = drainit(
            "--ready", "none", *options, app=SERVER, under_init=True,
            before=("valgrind", f"--tool={tool}", f"--log-file={words}",
                    *([f"--callgrind-out-file={words}.out"] if tool == "callgrind" else [])))
        box.out.wait_for("^ready")
        pid = until(lambda: box.children(box.first), "valgrind runs it")[0]
        for count in range(1, signals + 1):
            os.kill(pid, signal.SIGHUP)
            box.out.wait_for("^HUP", count=count)
        os.kill(pid, signal.SIGUSR2)
        assert box.wait() == 0, words.read_text()
        return words.read_text()
    return run


@pytest.mark.parametrize("options", [("--plain",), ()], ids=["plain", "as it ships"])
def test_a_signal_costs_few_instructions(life, options):
    few, many = (int(re.search(r"Collected : (\d+)", life("callgrind", count, *options)).group(1))
                 for count in (5, 45))
    assert (many - few) / 40 < 1_500


def test_memcheck_finds_nothing(life):
    assert "ERROR SUMMARY: 0 errors from 0 contexts" in life("memcheck", 5)
