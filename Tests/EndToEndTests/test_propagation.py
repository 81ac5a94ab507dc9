"""Real servers behind HAProxy, which learns late that one of them leaves: no request is lost.

The balancer goes on sending to the old server for so long after the drain signal, never retries, and
then sends to another. Everything but HAProxy runs as nobody, without any capability.
"""

import signal
import socket
import threading
import time

import pytest

import probing
from conftest import NOBODY
from servers import nginx
from traffic import Stop, Traffic
from box import until

RATE = 40
OLD, NEW, FRONT = 8080, 8081, 8000
POOL = "http-reuse always"
ALONE = "http-reuse never\n  option http-server-close"


class Balancer:
    """HAProxy before two servers, of which the first is the old one."""

    mode = "http"
    servers = f"""
  server old 127.0.0.1:{OLD}
  server new 127.0.0.1:{NEW} disabled"""

    def __init__(self, start, place, old, reuse):
        self.control = place / "haproxy.socket"
        self.box = start(
            ["haproxy", "-q", "-db", "-f", self._configuration(place, reuse)],
            network=f"/proc/{old.first}/ns/net")
        until(lambda: old.can_connect(FRONT), f"HAProxy listens; it said {self.box.log.text()}")

    def _configuration(self, place, reuse):
        path = place / "haproxy.cfg"
        path.write_text(f"""
global
  stats socket {self.control} level admin
defaults
  mode {self.mode}
  retries 0
  timeout connect 2s
  timeout client 30s
  timeout server 10s
frontend front
  bind 127.0.0.1:{FRONT}
  default_backend back
backend back
  {reuse if self.mode == "http" else ""}
  {self.servers}
""")
        return path

    def tell(self, line):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.control))
            control.sendall(line.encode() + b"\n")
            answer = control.recv(4096).decode().strip()
        assert answer == "", answer

    def learn(self, seconds):
        """Learns so many seconds from now that the old server leaves."""
        def switch():
            self.tell("set server back/new state ready")
            self.tell("set server back/old state maint")
        timer = threading.Timer(seconds, switch)
        timer.start()
        return timer


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
        # What the simulation has for one balancer: four seconds after the last request.
        assert stop.end == "quiet", stop
        assert max(5, delay + 3.5) <= stop.seconds < 12, stop
    else:
        assert stop.end in ("quiet", "max") and 11 < stop.seconds < 14, stop


def test_a_pool_alone_that_ceases_ends_the_window(drainit, start, bench, place):
    """A hundred requests a second on the connections that the balancer keeps: hardly one is new."""
    stop = roll(drainit, start, bench, place, nginx, POOL, 3, rate=100)
    assert stop.end == "quiet" and stop.seconds < 11, stop
