"""What drainit takes of memory does not depend on how long it has run, nor what it does on how much.

MEMORY_PROBES is how many probes are asked; for every tenth a signal is forwarded.
"""

import os
import re
import signal
import subprocess
import time

import probing
from box import RTMIN, resident, status_of, until

PAGES = ["/readyz", "/readyz?verbose", "/livez", "/startupz", "/healthz", "/metrics", "/status"]
PROBES = int(os.environ.get("MEMORY_PROBES") or 5000)


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


def test_a_storm_of_signals_stops_no_probe_loses_no_value_and_leaves_no_memory_behind(drainit):
    box = drainit("--ready", "none", app=["signals"])
    probing.wait_until_ready(box)
    box.signal(signal.SIGUSR2)
    box.out.wait_for("^USR2 ")
    before = resident(box.pid)
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
    assert resident(box.pid) <= before + 8


def test_a_hundred_thousand_signals_are_forwarded_in_order_and_leave_no_memory_behind(drainit):
    box = drainit("--ready", "none", app=["signals"])
    probing.wait_until_ready(box)

    def send(numbers):
        for number in numbers:
            # Their queue has room for as many as RLIMIT_SIGPENDING says, drainit's and the app's together.
            while not sent(number):
                time.sleep(0.001)
        until(lambda: len(box.out.all()) > numbers[-1], "all have arrived")

    def sent(number):
        try:
            box.signal(RTMIN + 2, value=number)
        except BlockingIOError:
            return False
        return True

    box.out.wait_for("^ready")
    send(range(1000))
    before = resident(box.pid)
    send(range(1000, 101_000))
    assert [int(line.rpartition("=")[2]) for line in box.out.all()[1:]] == list(range(101_000))
    assert resident(box.pid) <= before + 8


def test_once_it_serves_it_asks_the_kernel_for_no_memory(drainit, place):
    trace = place / "trace"
    box = drainit("--ready", "tcp:8080", "--ready", "exec:true", "--ready", "http://127.0.0.1:14315/livez",
                  "--ready-every", "10ms", "--drain", "500ms", app=["signals", "--listen", "8080", "TERM=0"])
    probing.wait_until_ready(box)
    tracer = subprocess.Popen(
        ["strace", "-qq", "-o", trace, "-e", "trace=%memory,clone,waitid,accept4", "-p", str(box.pid)],
        stderr=subprocess.PIPE, text=True)
    until(lambda: status_of(box.pid)["TracerPid"] != "0", "it is traced")
    for number in range(300):
        assert probing.get(box, PAGES[number % len(PAGES)]).status == 200
        box.signal(RTMIN + 1, value=number)
        if number % 30 == 0:
            box.run_inside("sh", "-c", "(true &); (true &)")
            probing.raw(box, b"\0" * 5000)
    box.out.wait_for("value=299$")
    # Checks run because somebody asks.
    until(lambda: probing.get(box) and "clone(" in trace.read_text(), "a check's program was run")
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    box.wait()
    tracer.communicate()
    calls = re.findall(r"^(\w+)\(", trace.read_text(), re.M)
    assert calls.count("accept4") > 300 and calls.count("waitid") > 10
    # What is not needed while idle is given back, and taken again by touching it.
    assert set(calls) - {"accept4", "waitid", "clone", "madvise"} == set()
