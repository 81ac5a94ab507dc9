"""What drainit takes of memory does not depend on how long it has run, nor what it does on how much.

MEMORY_PROBES is how many probes are asked; for every tenth a signal is forwarded.
"""

import os
import signal

import probing
from box import RTMIN, until

PROBES = int(os.environ.get("MEMORY_PROBES") or 5000)


def resident(pid):
    """Resident memory in KiB, exact, once what is not needed while idle was given back."""
    values = []

    def is_steady():
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            values.append(next(int(line.split()[1]) for line in file if line.startswith("Anon")))
        return len(values) > 20 and len(set(values[-20:])) == 1

    until(is_steady, "its memory stays the same")
    return values[-1]


def test_probes_and_signals_leave_no_memory_behind(drainit):
    box = drainit("--ready", "tcp:8080", "--ready-every", "10ms", app=["signals", "--listen", "8080"])
    probing.wait_until_ready(box)
    request = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"

    def use(count):
        for number in range(count):
            assert probing.raw(box, request).startswith(b"HTTP/1.1 200 ")
            if number % 10 == 0:
                box.signal(RTMIN + 1, value=number)
        box.signal(signal.SIGUSR2)

    # What is touched once stays.
    use(500)
    before = resident(box.pid)
    use(PROBES)
    box.out.wait_for("^USR2 ", count=2)
    assert resident(box.pid) <= before + 8


def test_a_storm_of_signals_stops_no_probe_and_loses_no_value(drainit):
    box = drainit("--ready", "none", app=["signals"])
    probing.wait_until_ready(box)
    values = 0
    for number in range(100_000):
        # The same one again while it waits is one; each value of a real-time signal counts, and where
        # their queue is full the sender is told so.
        os.kill(box.pid, signal.SIGUSR1)
        if number % 100 == 0:
            box.signal(RTMIN + 2, value=values)
            values += 1
        if number % 5000 == 0:
            assert probing.get(box).status == 200
    box.out.wait_for(f"^RTMIN\\+2 .*value={values - 1}$")
    got = [int(line.rpartition("=")[2]) for line in box.out.matching(r"^RTMIN\+2 ")]
    assert got == list(range(values))
    assert box.out.matching("^USR1 ")
