"""What a proxy beside the app leaves as it is: WebSockets, what the app closes by itself, and the window's end."""

import signal
import time

import pytest

import probing
import released
from box import until
from conftest import FIXTURES
from fleet import HAPROXY, Envoy, Fleet, HAProxy, drainit_port
from traffic import Stop

HANDSHAKE = (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")


@pytest.fixture(params=["haproxy", "envoy"])
def proxy(request):
    return HAProxy if request.param == "haproxy" else Envoy(released.envoy())


def talks(fleet, pod):
    """Whether a WebSocket opens, and echoes."""
    with fleet.service.connect(pod.port) as made:
        made.sendall(HANDSHAKE)
        head = b""
        while b"\r\n\r\n" not in head:
            piece = made.recv(4096)
            assert piece, head
            head += piece
        answer = probing.Answer(head)
        assert answer.status == 101 and answer.fields["connection"].lower() == "upgrade", head
        made.sendall(b"\x81\x82\0\0\0\0hi")
        return made.recv(4096) == b"\x81\x02hi"


def test_a_websocket_opens_before_the_stop_and_in_the_window(start, bench, place, proxy):
    fleet = Fleet(start, bench, place, proxy)
    pod = fleet.add(lambda port: ["/usr/bin/python3", FIXTURES / "servers" / "chat.py", "serve", port],
                    "--drain", "4s")
    assert talks(fleet, pod)
    pod.box.signal(signal.SIGTERM)
    probing.wait_for_status(pod.box, 503, port=drainit_port(pod.slot))
    until(lambda: pod.sidecar.has_heard(), "the proxy has heard of it")
    assert talks(fleet, pod)
    assert pod.wait() == 0, pod.box.log.text()


class Pooling(HAProxy):
    """The same, but with a pool of connections to the app."""

    def __init__(self, fleet, slot):
        text = HAPROXY.read_text()
        assert "option http-server-close" in text
        self.configuration = fleet.place / "pooling.cfg"
        self.configuration.write_text(text.replace("option http-server-close", "http-reuse always"))
        super().__init__(fleet, slot)


def lost_to_an_idle_timeout(fleet):
    """Of a hundred requests to an app that closes a connection just when its next request is on its way."""
    fleet.add(lambda port: ["/usr/bin/python3", fleet.folder / "app.py", port, "a", "once"])
    clients = fleet.client("http.client", 4)
    clients.wait_for(100)
    return len(clients.end().failed)


def test_an_app_that_closes_what_is_idle_loses_nothing(start, bench, place, proxy):
    assert lost_to_an_idle_timeout(Fleet(start, bench, place, proxy)) == 0


def test_with_a_pool_it_loses(start, bench, place):
    assert lost_to_an_idle_timeout(Fleet(start, bench, place, Pooling)) > 0


def test_the_window_ends_when_the_clients_have_gone(start, bench, place, proxy):
    window = ("--log", "json", "--drain", "2s..28s")
    fleet = Fleet(start, bench, place, proxy)
    old, _ = (fleet.add("go", *window) for _ in range(2))
    # So many and for so long that some come again to the old pod in more than a moment or two.
    clients = fleet.client("http.client", 12)
    clients.wait_for(20)
    assert fleet.stop(old, 3) == 143
    assert not clients.end().failed, clients.failed
    stop = Stop(old.box)
    assert stop.end == "quiet" and stop.seconds < 20, stop


def test_haproxys_question_asks_no_check(start, bench, place):
    """Ten a second, each with an exclude= of every check, run none."""
    counts = place / "counts"
    counts.write_text("")
    counts.chmod(0o666)
    script = place / "check"
    script.write_text(f"#!/bin/sh\necho >>{counts}\n")
    script.chmod(0o755)
    fleet = Fleet(start, bench, place, HAProxy, {
        "READYZ": f"/readyz?exclude=listening&exclude=exec:{script}"})
    pod = fleet.add("go", "--ready", "listening", "--ready", f"exec:{script}", "--drain", "1s")

    def ran():
        return len(counts.read_text().splitlines())

    until(lambda: not talks_last(fleet, pod), "HAProxy has read 200")
    before = ran()
    over = time.monotonic() + 3
    until(lambda: time.monotonic() > over, "three seconds pass, in which a check may run once each")
    assert ran() == before
    # Whoever leaves none out has it run.
    probing.wait_for_status(pod.box, 200, port=drainit_port(pod.slot))
    assert ran() == before + 1
    assert fleet.stop(pod, 0.5) == 143


def talks_last(fleet, pod):
    """Whether an answer ends its connection."""
    with fleet.service.connect(pod.port) as made:
        made.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return b"connection: close" in made.recv(4096).lower()
