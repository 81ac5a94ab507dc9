"""Real servers behind HAProxy, which learns late, early by its own probe, or from a registry.

Each is replaced under load; no request, call or message may be lost, and the exit code is the app's.
"""

import signal
import subprocess
import time

import pytest

import probing
import servers
from box import until
from conftest import NOBODY
from registry import Registry
from balancer import ALONE, FRONT, NEW, OLD, POOL, Balancer
from traffic import Stop, Traffic


class Probing(Balancer):
    """HAProxy that finds out for itself: it asks the old server's /readyz twice a second."""

    servers = f"""
  option httpchk GET /readyz
  server old 127.0.0.1:{OLD} check port {probing.PORT} inter 500 fall 3
  server new 127.0.0.1:{NEW} backup"""


class Passing(Balancer):
    """HAProxy that passes connections on, whatever they speak."""

    mode = "tcp"


class Roll:
    """One old server under drainit, a new one, and HAProxy before both; ended with its `with`."""

    def __init__(self, drainit, start, bench, place, server, *options, balancer=Balancer,
                 reuse=ALONE, new=None, first=lambda roll: None):
        self.old = drainit("--log", "json", *options, app=server(OLD, place), before=NOBODY)
        network = f"/proc/{self.old.first}/ns/net"
        self.start = lambda command, **more: start([*NOBODY, *command], network=network, **more)
        self.new = self.start(new(NEW, place) if new else [bench / "web", NEW])
        self.new.out.wait_for("listening")
        first(self)
        probing.wait_until_ready(self.old)
        self.balancer = balancer(start, place, self.old, reuse)

    def drain(self, delay=None):
        """Sends the drain signal; the balancer learns after `delay`. Waits for the app's end."""
        self.old.signal(signal.SIGTERM)
        timer = self.balancer.learn(delay) if delay is not None else None
        code = self.old.wait()
        if timer:
            timer.join()
        return code, Stop(self.old)

    def requests(self, rate=40):
        self.traffic = Traffic(self.old, FRONT)
        clients = self.traffic.requests(rate)
        until(lambda: clients.count > rate / 2, "requests are answered")
        return clients

    def end(self, clients):
        """Some more requests for the new server, and none of all has failed."""
        told = time.monotonic()
        until(lambda: time.monotonic() > told + 0.5, "some more requests")
        clients.end()
        assert not clients.failures, clients.failures
        self.balancer.box.close()
        self.new.close()


@pytest.mark.parametrize("server, reuse, delay, code", [
    (servers.gunicorn, POOL, 2, 0), (servers.uvicorn, ALONE, 3.5, 0), (servers.node, POOL, 1, 0),
    (servers.node_without_a_handler, ALONE, 2.5, 143), (servers.java, ALONE, 3, 143),
    (servers.puma, ALONE, 2, 143), (servers.puma_with_workers, POOL, 3, 143), (servers.lighttpd, ALONE, 3, 0)],
    ids=lambda value: getattr(value, "__name__", None))
def test_no_request_is_lost(drainit, start, bench, place, server, reuse, delay, code):
    roll = Roll(drainit, start, bench, place, server, "--drain", "2s..12s", reuse=reuse)
    clients = roll.requests()
    if server is servers.java:
        roll.old.signal(signal.SIGQUIT)
        roll.old.out.wait_for("^Full thread dump")
    ended, stop = roll.drain(delay)
    roll.end(clients)
    assert ended == code and stop.exit_code == code
    # A pool of one or two connections shows one sign a look: too few, perhaps.
    assert stop.end == "quiet" or reuse == POOL, stop
    assert delay + 5 <= stop.seconds < 14, stop
    assert stop.late >= 40 * delay / 2 and delay - 1 < stop.last < delay + 2, stop


def test_a_balancers_own_probe_ends_the_window(drainit, start, bench, place):
    roll = Roll(drainit, start, bench, place, servers.node, "--drain", "500ms..25s", "--until",
                "probed:3", balancer=Probing)
    clients = roll.requests()
    ended, stop = roll.drain()
    roll.end(clients)
    assert (ended, stop.end) == (0, "probed"), stop
    # Three probes half a second apart, and then silence.
    assert stop.late >= 20 and 0.9 < stop.last < 5, stop
    assert 4 <= stop.seconds < 20, stop


def test_a_registry_is_told_before_the_traffic_ends(drainit, start, bench, place):
    """A registry as Consul has it: the balancer learns from it, some time after it was told."""
    url = "PUT http://127.0.0.1:8500/v1/agent/service"
    registries = []

    def heard(request):
        if "deregister" in request.path:
            roll.balancer.learn(2)

    def open_registry(roll):
        registries.append(Registry(roll.old, heard=heard))
        (place / "go").touch()

    roll = Roll(drainit, start, bench, place, servers.gunicorn, "--ready", f"file:{place}/go",
                "--ready", "listening", "--drain", "2s..12s", "--on-ready", f"{url}/register",
                "--hook-body", '{"Name": "web", "Port": 8080}', "--on-drain", f"{url}/deregister/web",
                first=open_registry)
    clients = roll.requests()
    registry, = registries
    registered = registry.wait_for("/v1/agent/service/register")
    assert b'"Port": 8080' in registered.body
    asked = time.monotonic()
    ended, stop = roll.drain()
    roll.end(clients)
    assert (ended, stop.end) == (0, "quiet"), stop
    assert registry.wait_for("/v1/agent/service/deregister/web").when - asked < 2
    assert 1 <= stop.last < 5 and 5 <= stop.seconds < 12, stop


def test_long_connections_end_when_their_clients_have_moved(drainit, start, bench, place):
    roll = Roll(drainit, start, bench, place, servers.chat, "--drain", "1s..40s", "--until", "closed",
                "--drain-notice", "USR1", balancer=Passing, new=servers.chat)
    clients = roll.start(["/usr/bin/python3", place / "servers" / "chat.py", "talk", FRONT, 8],
                         stdin=subprocess.PIPE)
    until(lambda: connections_to(roll.old, OLD) == 8, "every client is connected")
    ended, stop = roll.drain(1)
    until(lambda: connections_to(roll.new, NEW) == 8, "every client is connected to the new server")
    hang_up(clients)
    assert (ended, stop.end, stop.open) == (0, "closed", 0), stop
    assert roll.old.out.matching("^open at the end: 0$")
    assert 2 < stop.seconds < 40, stop


def test_calls_go_on_while_their_server_is_replaced(drainit, start, bench, place):
    roll = Roll(drainit, start, bench, place, servers.calls, "--drain", "2s..12s", balancer=Passing,
                new=servers.calls)
    clients = roll.start(["/usr/bin/python3", place / "servers" / "calls.py", "call", FRONT, 20],
                         stdin=subprocess.PIPE)
    clients.out.wait_for("under way")
    ended, stop = roll.drain(2)
    hang_up(clients)
    assert (ended, stop.end) == (0, "quiet"), stop
    assert stop.late >= 5 and 1 < stop.last < 4, stop


def connections_to(box, port):
    """How many connections to a port of the box are established."""
    return len(box.run_inside("ss", "-Htn", "state", "established", f"( sport = :{port} )")
               .stdout.splitlines())


def hang_up(clients):
    """Ends a client's input; none of all it did has failed."""
    clients.hang_up()
    assert clients.wait() == 0
    assert not clients.out.matching("^failed"), clients.out.text()
    assert int(clients.out.matching("^answers: ")[-1].split()[1]) > 20
