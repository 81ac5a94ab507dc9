"""Traffic of several kinds, counted, and what drainit says of it."""

import json
import os
import socket
import threading
import time

from box import libc, CLONE_NEWNET

# How long a request may take before it counts as failed.
PATIENCE = 10.0
QUERY = b"GET / HTTP/1.1\r\nHost: a-name-of-some-length.example\r\n"
LAST = b"Connection: close\r\n\r\n"


class Flow:
    """One kind of traffic, from a thread of its own in a box's network, until it is ended."""

    def __init__(self, box, every, step, ends=None):
        """Does `step` every so many seconds, until the moment `ends` by the monotonic clock.

        A step is due when its time has come, not when the one before it was done.
        """
        self.count, self.failures = 0, []
        self._every, self._step, self.ends = every, step, ends
        self._over = threading.Event()
        self._network = os.open(f"/proc/{box.first}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        entered = libc.setns(self._network, CLONE_NEWNET) == 0
        os.close(self._network)
        assert entered, "setns"
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            if self.ends is not None and due >= self.ends:
                return
            try:
                self._step()
                self.count += 1
            except OSError as trouble:
                self.failures.append((time.monotonic(), repr(trouble)))
            due += self._every

    def end(self):
        """Ends it and waits for its last step."""
        self._over.set()
        self._thread.join(2 * PATIENCE)
        return self

    def wait(self):
        """Waits until it has ended by itself."""
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self


def habits(bench, *words):
    """The command of an app with odd habits (Fixtures/habits.py)."""
    return ["/usr/bin/python3", bench / "habits.py", *words]


def connection(port, source="127.0.0.1", to="127.0.0.1"):
    """A TCP connection from an address of one's own (all of 127.0.0.0/8 is)."""
    made = socket.socket()
    made.settimeout(PATIENCE)
    made.bind((source, 0))
    made.connect((to, port))
    return made


def answer(made):
    """Reads one answer, to its end by length; what is not a 200 is an error."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = made.recv(65536)
        if not piece:
            raise OSError(f"closed after {got[:60]!r}")
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise OSError(f"answered {head[:60]!r}")
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
    left = int(fields[b"content-length"]) - len(body)
    while left > 0:
        piece = made.recv(left)
        if not piece:
            raise OSError("closed in the middle of an answer")
        left -= len(piece)


class Traffic:
    """All that goes on towards one box; ended with the `with` that it is made in."""

    def __init__(self, box, port=8080):
        self.box, self.port = box, port
        self.flows, self._kept = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for flow in self.flows:
            flow.end()
        for made in self._kept:
            made.close()

    def flow(self, every, step, ends=None):
        self.flows.append(Flow(self.box, every, step, ends))
        return self.flows[-1]

    def requests(self, rate, source="127.0.1.1", ends=None, port=None, to="127.0.0.1"):
        """So many requests a second, each on a connection of its own."""
        def step():
            with connection(port or self.port, source, to) as made:
                made.sendall(QUERY + LAST)
                answer(made)
                # The server closes first, and this side has seen it.
                made.recv(1)
        return self.flow(1 / rate, step, ends)

    def kept(self, count, source="127.0.2.1"):
        """Connections that stay open, each of which has had an answer."""
        made = []
        def step():
            for _ in range(count):
                made.append(connection(self.port, source))
                made[-1].sendall(QUERY + b"\r\n")
                answer(made[-1])
        flow = Flow(self.box, 1, step, ends=time.monotonic() + 0.5).wait()
        assert not flow.failures, flow.failures
        self._kept += made
        return made

    def on_kept(self, made, rate, ends=None, what=QUERY + b"\r\n"):
        """So many requests a second on connections that are open, one after the other."""
        turn = iter(range(1 << 60))
        def step():
            one = made[next(turn) % len(made)]
            one.sendall(what)
            if what.endswith(b"\r\n\r\n"):
                answer(one)
        return self.flow(1 / rate, step, ends)


class Stop:
    """What drainit's summary (`--log json`) tells of a stop."""

    def __init__(self, box):
        told, = [line for line in box.log.all() if '"event":"ended"' in line]
        told = json.loads(told)
        self.message = told["message"]
        self.end, self.seconds = told["window_ended_by"], told["window_seconds"]
        self.saved, self.exit_code = told["saved_seconds"], told["exit_code"]
        self.late, self.open = told.get("late_arrivals"), told.get("open_connections")
        self.last, self.holder = told.get("last_arrival_seconds"), told.get("held_by")

    def __repr__(self):
        return f"<{self.message}>"
