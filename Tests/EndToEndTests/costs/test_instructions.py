"""What drainit itself computes, counted by valgrind: the same on every machine, and never timed."""

import os
import re
import signal

import pytest

from box import until

SERVER = ["signals", "--listen", "8080", "USR2=0"]
# mov $(CLONE_VM | SIGCHLD), and the same with CLONE_VFORK: valgrind knows only clones that are one of fork(2),
# vfork(2) and a thread.
CLONE = re.compile(rb"([\xb8-\xbf]\x11)\x01(\0\0)")


@pytest.fixture
def played(bench, place):
    """The binary as valgrind can run it: the parent waits for the exec, and nothing else is different."""
    program = place / "drainit"
    whole, count = CLONE.subn(b"\\1A\\2", (bench / "drainit").read_bytes())
    assert count == 1, "not the one clone"
    program.write_bytes(whole)
    program.chmod(0o755)
    return program


@pytest.fixture
def life(start, bench, played, place):
    """Lives a life under one of valgrind's tools, with so many signals passed on; the tool's own words."""

    def run(tool, signals, *options, number=signal.SIGHUP):
        words = place / f"{tool}.{signals}"
        box = start(
            ["valgrind", f"--tool={tool}", f"--log-file={words}",
             *([f"--callgrind-out-file={words}.out"] if tool == "callgrind" else []),
             played, "--ready", "none", *options, "--", bench / SERVER[0], *SERVER[1:]], under_init=True)
        box.out.wait_for("^ready")
        pid = until(lambda: box.children(box.first), "valgrind runs it")[0]
        for count in range(1, signals + 1):
            os.kill(pid, number)
            box.out.wait_for(f"^{number.name[3:]} ", count=count)
        os.kill(pid, signal.SIGUSR2)
        assert box.wait() == 0, words.read_text()
        return words.read_text()
    return run


# By USR1 some programs of the table stop: the app's name is looked up.
@pytest.mark.parametrize("options, number", [
    (("--plain",), signal.SIGHUP), ((), signal.SIGHUP), ((), signal.SIGUSR1)],
    ids=["plain", "as it ships", "of the table"])
def test_a_signal_costs_few_instructions(life, options, number):
    few, many = (int(re.search(r"Collected : (\d+)", life("callgrind", count, *options, number=number)).group(1))
                 for count in (5, 45))
    assert (many - few) / 40 < 1_200


def test_memcheck_finds_nothing(life):
    assert "ERROR SUMMARY: 0 errors from 0 contexts" in life("memcheck", 5)
