"""Random lives of the binary that ships: signals, exits, orphans, probes, garbage, faults and stops.

What must hold is what the simulation of the lifecycle holds to, seen from outside. CHAOS_ROUNDS is how
many lives are played, CHAOS_SEED where they begin; a life's seed is printed, and plays it again with
CHAOS_ROUNDS=1.
"""

import contextlib
import os
import random
import re
import signal
import subprocess
import time

import pytest

import probing
from box import RTMIN, until

ROUNDS = int(os.environ.get("CHAOS_ROUNDS") or 48)
SEED = int(os.environ.get("CHAOS_SEED") or random.randrange(1 << 30))
PAGES = ["/readyz", "/readyz?verbose", "/livez", "/startupz", "/healthz", "/metrics", "/status"]
GARBAGE = [b"\0" * 100, b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
           b"\x16\x03\x01\x02\x00\x01", b"GET /" + b"a" * 5000, b"\r\n" * 50, b""]
FORWARDED = {signal.SIGHUP: "HUP", signal.SIGUSR1: "USR1", signal.SIGUSR2: "USR2",
             signal.SIGWINCH: "WINCH"}


class Life:
    """One life: what was done to it, and what it owes for that."""

    def __init__(self, drainit, bench, seed):
        self.chance = random.Random(seed)
        # For what is done as often as time allows: it must not change what comes after.
        self._meanwhile = random.Random(~seed)
        self._bench = bench
        self.code = self.chance.randrange(1, 100)
        self.window = self.chance.choice([0, 0, 200, 400])
        self.faults = 0
        self.lives = 0
        self.values = 0
        self.owed = set()
        options = ["--drain", f"{self.window}ms", "--stop-timeout", "20s", "--ready-every", "20ms"]
        options += self.chance.choice([[], ["-v"], ["-q"], ["--log", "json"], ["--signal-to", "group"],
                                       ["--ready", "tcp:8080", "--ready", "exec:true"]])
        self.box = drainit(*options, app=["signals", "--listen", "8080", f"TERM={self.code}"])
        self.box.out.wait_for("^ready")
        probing.wait_until_ready(self.box)

    def act(self):
        """Does one thing to it."""
        self.chance.choice([self.send, self.send_value, self.send_value, self.probe, self.probe,
                            self.garbage, self.orphans, self.fault])()

    def send(self):
        number = self.chance.choice(list(FORWARDED))
        self.box.signal(number)
        self.owed.add(FORWARDED[number])

    def send_value(self):
        for _ in range(self.chance.randrange(1, 8)):
            self.box.signal(RTMIN + 3, value=self.values)
            self.values += 1

    def probe(self, expected=(200,), chance=None):
        page = (chance or self.chance).choice(PAGES)
        try:
            answer = probing.get(self.box, page)
        except (OSError, AssertionError):
            # A fault cuts the connection that it was at, and bare there is no endpoint.
            assert self.faults
            return
        if page.startswith("/readyz") and not self.faults:
            assert answer.status in expected, answer

    def garbage(self):
        try:
            probing.raw(self.box, self.chance.choice(GARBAGE))
        except OSError:
            assert self.faults

    def orphans(self):
        done = self.box.run_inside(
            "sh", "-c", "for i in 1 2 3 4 5; do (true &); done; (sleep 0.05 >/dev/null 2>&1 &)")
        assert done.returncode == 0, done.stderr

    def fault(self):
        # Two a life: the third brings it back bare, which is another test's matter.
        if self.faults == 2 or self.chance.random() < 0.5:
            return
        self.faults += 1
        tracer = subprocess.Popen(
            [self._bench / "fault", "--calls", str(self.chance.randrange(1, 60)),
             str(self.box.pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while tracer.poll() is None:
            self.probe(chance=self._meanwhile)
        # One that hits it before it has begun anew is the kernel's to answer: nobody can catch that.
        self.lives += tracer.returncode == 0
        until(lambda: not self.box.is_running or len(self.box.log.matching("came back")) >= self.lives,
              "it has come back")

    def settle(self):
        """Everything that was sent has arrived, and every orphan was reaped."""
        out = self.box.out
        for name in self.owed:
            out.wait_for(f"^{name} ")
        # One that came twice stands for no other.
        until(lambda: len(set(self.received())) >= self.values, "every value has arrived")
        if self.faults:
            # One in the hand of a drainit that has a fault goes to the end of the queue, or comes twice.
            assert set(self.received()) == set(range(self.values))
        else:
            assert self.received() == list(range(self.values))
        until(lambda: len(self.box.processes()) == 2, "nobody is left but drainit and the app")

    def received(self):
        """The values of the real-time signals that the app got, in their order."""
        return [int(re.search(r"value=(\d+)", line).group(1))
                for line in self.box.out.matching(r"^RTMIN\+3 ")]

    def end(self):
        self.chance.choice([self.stop, self.stop, self.stop, self.die])()

    def stop(self):
        begun = time.monotonic()
        self.box.signal(signal.SIGTERM)
        if self.chance.random() < 0.5:
            # Without a window it may have ended by now.
            with contextlib.suppress(ProcessLookupError):
                self.box.signal(signal.SIGTERM)
        while self.window and self.box.is_running and time.monotonic() - begun < 0.1:
            self.act_in_window()
        assert self.box.wait() == self.code
        assert len(self.box.out.matching("^TERM ")) == 1
        assert self.box.out.time_of("^TERM ") - begun >= self.window / 1000 - 0.02

    def act_in_window(self):
        # The first may have been there before the signal.
        self.probe(expected=(200, 503), chance=self._meanwhile)
        if self._meanwhile.random() < 0.3:
            self.fault()

    def die(self):
        self.box.signal_inside(signal.SIGKILL, 2)
        assert self.box.wait() == 128 + signal.SIGKILL
        assert not self.box.out.matching("^TERM ")


@pytest.mark.parametrize("number", range(ROUNDS))
def test_whatever_happens_nothing_is_lost(drainit, bench, number):
    seed = SEED + number
    print(f"CHAOS_SEED={seed}")
    life = Life(drainit, bench, seed)
    for _ in range(life.chance.randrange(3, 25)):
        life.act()
    life.settle()
    life.end()
