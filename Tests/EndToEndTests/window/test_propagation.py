"""Real servers behind HAProxy, which learns late that one of them leaves: no request is lost.

The balancer goes on sending to the old server for so long after the drain signal, never retries, and
then sends to another. Everything but HAProxy runs as nobody, without any capability.
"""

import signal
import time

import pytest

import probing
from balancer import ALONE, NEW, OLD, POOL, FRONT, Balancer
from conftest import NOBODY
from servers import nginx
from traffic import Stop, Traffic
from box import until

RATE = 40


def python(port, place):
    (place / "index.html").write_text("ok\n")
    return ["/usr/bin/python3", "-m", "http.server", port, "--directory", place]


def roll(drainit, start, bench, place, server, reuse, delay, rate=RATE):
    """One old server is replaced under load, with the window of Kubernetes; returns the summary."""
    old = drainit("--log", "json", app=server(OLD, place), before=NOBODY,
                  env={"KUBERNETES_SERVICE_HOST": "10.0.0.1", "DRAINIT_EXIT_MAP": "143:0"})
    probing.wait_until_ready(old)
    new = start([*NOBODY, bench / "web", NEW], network=f"/proc/{old.first}/ns/net")
    new.out.wait_for("listening")
    balancer = Balancer(start, place, old, reuse)
    with Traffic(old, FRONT) as traffic:
        clients = traffic.requests(rate)
        until(lambda: clients.count > rate / 2, "requests are answered")
        old.signal(signal.SIGTERM)
        switch = balancer.learn(delay)
        assert old.wait() == 0
        told = time.monotonic()
        # It is over, and the others go on.
        until(lambda: clients.count > 0 and time.monotonic() > told + 0.5, "some more requests")
        clients.end()
        switch.join()
    stop = Stop(old)
    assert not clients.failures, (clients.failures, stop)
    assert stop.late >= rate * delay / 2, stop
    balancer.box.close()
    new.close()
    return stop


@pytest.mark.parametrize("server, reuse, delay", [
    (nginx, POOL, 1), (nginx, ALONE, 2.5), (nginx, POOL, 5), (nginx, ALONE, 8),
    (python, ALONE, 1.5), (python, ALONE, 3.5), (python, POOL, 6), (python, ALONE, 8)],
    ids=lambda value: getattr(value, "__name__", None) or {POOL: "pool", ALONE: "alone"}.get(value))
def test_no_request_is_lost_to_propagation(drainit, start, bench, place, server, reuse, delay):
    stop = roll(drainit, start, bench, place, server, reuse, delay)
    assert delay - 1 < stop.last < delay + 2, stop
    if delay < 7:
        # About six seconds after the last request. A pool of one or two connections shows one sign a
        # look, and so few of them may prove nothing.
        assert stop.end == "quiet" or reuse == POOL, stop
        assert max(5, delay + 5) <= stop.seconds < 14, stop
    else:
        assert stop.end in ("quiet", "max") and 11 < stop.seconds < 14, stop


def test_a_pool_alone_is_traffic(drainit, start, bench, place):
    """A hundred requests a second on the connections that the balancer keeps: hardly one is new."""
    stop = roll(drainit, start, bench, place, nginx, POOL, 5, rate=100)
    assert stop.seconds >= 10, stop
