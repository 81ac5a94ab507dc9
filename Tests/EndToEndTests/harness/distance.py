"""Clients at a true round trip: on loopback too much falls into one tick of the kernel's clock."""

import pathlib
import subprocess
import sys
import threading
import time

import pytest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "Fixtures" / "distance.py"
#: Where the server is, as its clients see it.
SERVER = "10.77.0.2"
#: One way, in seconds.
DELAY = 0.010


class Distance:
    """A network from which a box is a round trip of 20 ms away, unless a delay is said."""

    def __init__(self, start, box, delay=DELAY):
        self._start, self._sockets = start, []
        self.clients = start(["/bin/sleep", "600"])
        # It ends with the test's process, whatever ends that.
        self._path = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", sys.executable, PROGRAM,
             str(box.first), str(self.clients.first), str(delay)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self._path.stdout.readline() == b"laid\n"

    def connect(self, port=8080):
        return self.clients.connect(port, SERVER)

    def run(self, command):
        """A client that is a program, in that network."""
        return self._start(command, network=f"/proc/{self.clients.first}/ns/net")

    def close(self):
        self._path.kill()
        self._path.wait()
        self._path.stdout.close()


@pytest.fixture
def distance(start):
    """Lays such a network: distance(box), or distance(box, delay)."""
    laid = []

    def lay(box, *delay):
        laid.append(Distance(start, box, *delay))
        return laid[-1]

    yield lay
    for one in laid:
        one.close()


class Asked(threading.Thread):
    """A request in the background: when its answer was there, by the monotonic clock, or why none came."""

    def __init__(self, ask):
        super().__init__(daemon=True)
        self._ask, self.at, self.trouble = ask, None, None
        self.start()

    def run(self):
        try:
            self._ask()
            self.at = time.monotonic()
        except (OSError, AssertionError) as trouble:
            self.trouble = trouble
