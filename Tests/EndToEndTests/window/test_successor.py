"""An app hands its port over in the window: a successor listens on it, too (SO_REUSEPORT), then its own listener is
closed, and the kernel resets what waited there."""

import json
import signal
import time

import pytest

import probing
from box import until
from traffic import LAST, QUERY, Stop, Traffic

# The first one is too busy to accept. It starts its successor, which answers, at SIGUSR1, and closes at the next.
APP = """
import os, signal, socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("", 8080)); s.listen(128)
print(*sys.argv[1:], "listens", flush=True)
while sys.argv[1] == "successor":
    c = s.accept()[0]
    if c.recv(4096): c.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
    c.close()
numbers, child = {signal.SIGUSR1, signal.SIGTERM}, 0
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
while signal.sigwait(numbers) == signal.SIGUSR1:
    if child:
        s.close(); print("closed", flush=True)
    else:
        words = [*sys.orig_argv[:-1], "successor"]
        child = os.posix_spawn(words[0], words, os.environ, setsigmask=[])
if child: os.kill(child, signal.SIGKILL)
"""


def test_what_waited_at_a_listener_that_was_closed_holds_nothing(drainit):
    box = drainit("--drain", "1s..40s", "--until", "quiet:6s", "--log", "json",
                  app=["/usr/bin/python3", "-c", APP, "first"])
    probing.wait_until_ready(box)
    waiting = [box.connect(8080) for _ in range(3)]
    for made in waiting[1:]:
        made.sendall(QUERY + LAST)
    box.signal(signal.SIGTERM)

    def seen():
        window = json.loads(probing.get(box, "/status").body)["window"] or {}
        return window.get("arrivals") or {}
    until(lambda: seen().get("waiting_connections") == 3, "a look has shown them")
    # What waits without a byte, and with a request that is unread, is counted as one thing.
    assert seen()["requests_in_flight"] == 0
    # They hold it for longer than the silence that would end it. Another one begins that anew.
    time.sleep(8)
    assert not box.log.matching('"event":"stopping"')
    waiting.append(box.connect(8080))
    until(lambda: seen().get("waiting_connections") == 4, "a look has shown it")
    box.signal(signal.SIGUSR1)
    box.out.wait_for("successor listens")
    box.signal(signal.SIGUSR1)
    box.out.wait_for("closed")
    for made in waiting:
        with pytest.raises(ConnectionResetError):
            made.recv(1)
    with Traffic(box) as traffic:
        flow = traffic.requests(10)
        until(lambda: flow.count >= 20, "the successor answers")
        assert not flow.end().failures, flow.failures
        box.wait(60)
    stop = Stop(box)
    assert stop.end == "quiet" and stop.seconds < 35, stop
    assert stop.late >= flow.count and stop.last > 8 and "waiting" not in stop.message, stop
