"""Size, resident memory and idle wake-ups of the binary, beside tini-static's.

measure.py BINARY LAUNCHER WEB prints a table; exit code 1 where a budget is exceeded.
"""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "EndToEndTests/harness"))

import probing  # noqa: E402
from box import Box, until  # noqa: E402

SIZE_BUDGET = 336 * 1024
MEMORY_BUDGET = 400
WATCHED_SECONDS = 10


def resident(pid):
    """Resident memory in KiB, exact (status's is in batches of pages)."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Rss:"))


def switches(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("voluntary"))


def settled(pid):
    before = switches(pid)
    time.sleep(0.5)
    return switches(pid) == before


def serving(box):
    """Ready, probed a few times, and quiet again."""
    probing.wait_until_ready(box)
    for _ in range(100):
        probing.get(box)
    until(lambda: settled(box.pid), "it is idle")


def measure(launcher, command, prepare):
    """Resident memory in KiB, and how often it woke up while nothing happened."""
    box = Box(launcher, command)
    try:
        box.out.wait_for("listening")
        prepare(box)
        before = switches(box.pid)
        time.sleep(WATCHED_SECONDS)
        return resident(box.pid), switches(box.pid) - before
    finally:
        box.close()


def main(binary, launcher, web):
    size = os.stat(binary).st_size
    memory, wakes = measure(launcher, [binary, "--", web, "8080"], serving)
    tini = "/usr/bin/tini-static"
    tini_memory, tini_wakes = measure(launcher, [tini, "--", web, "8080"], lambda box: None)
    rows = [("", "drainit", "tini-static", "budget"),
            ("size, bytes", size, os.stat(tini).st_size, SIZE_BUDGET),
            ("resident while serving, KiB", memory, tini_memory, MEMORY_BUDGET),
            (f"wake-ups in {WATCHED_SECONDS} idle s", wakes, tini_wakes, 0)]
    for row in rows:
        print(f"{row[0]:<28}{row[1]:>10}{row[2]:>13}{row[3]:>10}")
    return 0 if size <= SIZE_BUDGET and memory <= MEMORY_BUDGET and wakes == 0 else 1


sys.exit(main(*map(os.path.abspath, sys.argv[1:])))
