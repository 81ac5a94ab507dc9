"""Servers that answer `http:` and `grpc:` checks with malice: none is ready by it, and drainit unharmed."""

import contextlib
import itertools
import os
import signal
import socket
import statistics
import struct
import threading
import time

import pytest

import probing
from box import DEADLINE, cpu_seconds, resident, until

PORT = 9000
CHECKS = {"http": f"http://127.0.0.1:{PORT}/healthz", "grpc": f"grpc:{PORT}"}
OPTIONS = ("--ready-every", "20ms", "--check-timeout", "300ms")
IN_TIME, CLOSED = "no answer in time", "closed without an answer"
OTHER, REFUSED = "an answer of another protocol", "call refused"


class Says:
    """Reads the request and says the pieces, then `again` without end; then waits, closes or resets."""

    def __init__(self, *pieces, again=b"", pause=0.0, then="waits"):
        self._pieces, self._again, self._pause, self._then = pieces, again, pause, then

    def __call__(self, connection):
        connection.recv(65536)
        endless = itertools.repeat(self._again) if self._again else []
        for piece in itertools.chain(self._pieces, endless):
            connection.sendall(piece)
            time.sleep(self._pause)
        if self._then == "resets":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        while self._then == "waits" and connection.recv(65536):
            pass


def closes_at_once(connection):
    del connection


def trickles(answer):
    return Says(*(bytes([byte]) for byte in answer), pause=0.1)


def frame(kind, payload=b"", flags=0, stream=0, length=None):
    """An HTTP/2 frame (RFC 9113, section 4.1), `length` being what it says where that is a lie."""
    length = len(payload) if length is None else length
    return struct.pack(">I", length)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


DATA, HEADERS, RESET, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9
HELLO = frame(SETTINGS)
READY = {"http": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
         "grpc": HELLO + frame(HEADERS, b"\x88", 4, 1) + frame(DATA, b"\0\0\0\0\x02\x08\x01", 0, 1)
         + frame(HEADERS, b"\x88", 5, 1)}


def message(payload, flags=1, prefix=None):
    """The server's hello and a message on the call's stream."""
    prefix = b"\0" + struct.pack(">I", len(payload)) if prefix is None else prefix
    return HELLO + frame(HEADERS, b"\x88", 4, 1) + frame(DATA, prefix + payload, flags, 1)


EITHER = {
    "silent": (Says(), IN_TIME),
    "closes at once": (closes_at_once, CLOSED),
    "closes": (Says(then="closes"), CLOSED),
    "resets": (Says(then="resets"), CLOSED),
    "garbage": (Says(bytes(range(256)) * 64), OTHER),
    "zeros without end": (Says(again=b"\0" * 65536), OTHER),
    "TLS": (Says(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(111)), OTHER),
    "another protocol": (Says(b"SSH-2.0-OpenSSH_9.2\r\n"), OTHER),
}
HTTP = {
    "trickles": (trickles(READY["http"]), IN_TIME),
    "half a status line": (Says(b"HTTP/1.1 20"), IN_TIME),
    "half a status line, then closes": (Says(b"HTTP/1.1 20", then="closes"), CLOSED),
    "half a status line, then resets": (Says(b"HTTP/1.1 20", then="resets"), CLOSED),
    "a status line without end": (Says(b"HTTP/1.1 ", again=b"2" * 65536), OTHER),
    "headers without end": (Says(b"HTTP/1.1 503 X\r\n", again=b"A: b\r\n" * 999), "status 503"),
    "a body without end": (Says(b"HTTP/1.1 500 X\r\n\r\n", again=b"x" * 65536), "status 500"),
    "interim answers without end": (Says(again=b"HTTP/1.1 103 Early Hints\r\n\r\n" * 99), OTHER),
    "an interim header without end": (Says(b"HTTP/1.1 100 X\r\nA: ", again=b"x" * 999), OTHER),
    "interim answers that trickle": (Says(again=b"HTTP/1.1 100 X\r\n\r\n", pause=0.1), IN_TIME),
    "an upgrade": (Says(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), OTHER),
    "an impossible status": (Says(b"HTTP/1.1 0200 OK\r\n\r\n"), OTHER),
    "HTTP/2": (Says(HELLO), OTHER),
}
GRPC = {
    "trickles": (trickles(READY["grpc"]), IN_TIME),
    "HTTP/1.1": (Says(READY["http"]), OTHER),
    "no settings first": (Says(frame(PING, bytes(8))), OTHER),
    "settings alone": (Says(HELLO), IN_TIME),
    "settings without end": (Says(again=HELLO * 999), OTHER),
    "pings without end": (Says(HELLO, again=frame(PING, bytes(8)) * 999), OTHER),
    "pings that trickle": (Says(HELLO, again=frame(PING, bytes(8)), pause=0.1), IN_TIME),
    "an impossible length": (Says(HELLO + frame(DATA, b"x", 0, 1, length=0xff_ffff)), OTHER),
    "a frame that does not end": (Says(HELLO + frame(HEADERS, b"x", 4, 1, length=16384)), IN_TIME),
    "a frame that is cut": (Says(HELLO + frame(DATA, b"\0", 0, 1, length=7), then="closes"), CLOSED),
    "headers without end": (Says(HELLO + frame(HEADERS, b"\x88", 0, 1),
                                 again=frame(CONTINUATION, b"\x88", 0, 1) * 999), OTHER),
    "another stream without end": (Says(HELLO, again=frame(DATA, bytes(999), 0, 3)), OTHER),
    "a message without end": (Says(message(b"", 0), again=frame(DATA, b"\x08", 0, 1)), OTHER),
    "an impossible message length": (Says(message(b"\x08\x01", prefix=b"\0\xff\xff\xff\xff")), OTHER),
    "a compressed message": (Says(message(b"\x08\x01", prefix=b"\1\0\0\0\2")), OTHER),
    "a number without end": (Says(message(b"\x08" + b"\xff" * 20)), OTHER),
    "impossible padding": (Says(HELLO + frame(DATA, b"\xff\0\0\0\0\2\x08\1", 9, 1)), OTHER),
    "an impossible health": (Says(message(b"\x08\xff\x01")), "health status 255"),
    "an empty message": (Says(message(b"")), "UNKNOWN"),
    "a push": (Says(HELLO + frame(PUSH, bytes(5), 4, 1) + frame(WINDOW, bytes(4))), IN_TIME),
    "a reset stream": (Says(HELLO + frame(RESET, bytes(4), 0, 1)), REFUSED),
    "headers alone": (Says(HELLO + frame(HEADERS, b"\x88", 5, 1)), REFUSED),
    "go away": (Says(HELLO + frame(GOAWAY, bytes(8))), IN_TIME),
    "go away, then closes": (Says(HELLO + frame(GOAWAY, bytes(8)), then="closes"), CLOSED),
}
CASES = [pytest.param(kind, *case, id=f"{kind}: {name}")
         for kind, own in (("http", HTTP), ("grpc", GRPC)) for name, case in (EITHER | own).items()]


class Server:
    """A server in the box's network that does to a connection what `behaviour` is at that time."""

    def __init__(self, box, behaviour, backlog=128):
        self.behaviour = behaviour
        self.ended = 0
        self._open = set()
        self._threads = []
        self._listener = box.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", PORT))
        self._listener.listen(backlog)
        self._listener.settimeout(None)

    def start(self):
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(DEADLINE)
            self._open.add(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection):
        try:
            self.behaviour(connection)
        except OSError:
            pass
        self._open.discard(connection)
        connection.close()
        self.ended += 1

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[:1]:
            thread.join()
        for connection in [*self._open]:
            # One that has ended by itself meanwhile.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()


@pytest.fixture
def serve():
    """serve(box, behaviour): a server of the box that is ended with the test."""
    servers = []

    def make(box, behaviour, **more):
        servers.append(Server(box, behaviour, **more))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def asked(drainit, serve):
    """asked("http", behaviour): drainit whose gate asks a server that behaves so, and the server."""

    def make(kind, behaviour, **more):
        box = drainit(*OPTIONS, "--ready", CHECKS[kind], app=["sleep", "600"])
        probing.wait_for_status(box, 200, "/livez")
        return box, serve(box, behaviour, **more)

    return make


@pytest.mark.parametrize("kind, behaviour, reason", CASES)
def test_it_is_not_ready_says_why_and_is_ready_once_the_server_is_sane(asked, kind, behaviour, reason):
    box, server = asked(kind, behaviour)
    server.start()
    until(lambda: reason in probing.get(box).text, "the check has ended with its reason")
    first, begun, used = server.ended, time.monotonic(), cpu_seconds(box)
    times = []

    def goes_on():
        asked_at = time.monotonic()
        assert probing.get(box, "/livez").status == 200
        times.append(time.monotonic() - asked_at)
        answer = probing.get(box)
        assert answer.status == 503 and reason in answer.text, answer
        return server.ended >= first + 3 and len(times) >= 20

    until(goes_on, "drainit ends its connection and asks again")
    # Nothing waits for the server, and nothing spins.
    assert statistics.median(times) < 0.1
    assert cpu_seconds(box) - used < 0.3 * (time.monotonic() - begun) + 0.05
    server.behaviour = Says(READY[kind], then="closes")
    probing.wait_until_ready(box)


@pytest.mark.parametrize("kind", CHECKS)
def test_a_server_that_takes_no_more_connections_is_not_ready(asked, kind):
    # Nobody accepts: the first are answered by the kernel alone, those that follow by nobody at all.
    box, server = asked(kind, Says(READY[kind], then="closes"), backlog=0)
    for _ in range(4):
        until(lambda: IN_TIME in probing.get(box).text, "the check has ended with its reason")
        assert probing.get(box, "/livez").status == 200
    server.start()
    probing.wait_until_ready(box)


@pytest.mark.parametrize("rest", [b"A: b\r\n" * 999, b"\r\n" + b"x" * 65536], ids=["headers", "body"])
def test_of_an_answer_without_end_the_status_counts_and_little_is_read(asked, rest):
    box, server = asked("http", Says(b"HTTP/1.1 200 OK\r\n", again=rest))
    server.start()
    probing.wait_until_ready(box)
    first, begun, used = server.ended, time.monotonic(), cpu_seconds(box)

    def goes_on():
        assert probing.get(box).status == 200
        return server.ended >= first + 20

    until(goes_on, "drainit ends its connection and asks again")
    assert cpu_seconds(box) - used < 0.3 * (time.monotonic() - begun) + 0.05


@pytest.mark.parametrize("kind", CHECKS)
def test_what_servers_say_leaves_no_memory_and_no_descriptor_behind(asked, kind):
    # Those that keep drainit waiting are left out: a thousand of them would take minutes.
    quick = [case[0] for case in (EITHER | (HTTP if kind == "http" else GRPC)).values() if case[1] != IN_TIME]
    turns = itertools.cycle(quick)
    box, server = asked(kind, lambda connection: next(turns)(connection))
    server.start()

    def after(count):
        server.behaviour = lambda connection: next(turns)(connection)
        end = server.ended + count
        # Checks run because somebody asks.
        until(lambda: probing.get(box) and server.ended >= end, "so many answers were read")
        server.behaviour = Says(READY[kind], then="closes")
        probing.wait_until_ready(box)
        return resident(box.pid)

    before = after(100)
    opened = len(os.listdir(f"/proc/{box.pid}/fd"))
    assert after(400) <= before + 8
    # One more at most: the connection of the check that is under way.
    assert len(os.listdir(f"/proc/{box.pid}/fd")) <= opened + 1


@pytest.mark.parametrize("kind, behaviour, reason", CASES)
def test_a_probe_by_hand_fails_for_the_same_reason_in_its_time(asked, bench, kind, behaviour, reason):
    box, server = asked(kind, behaviour)
    server.start()
    begun = time.monotonic()
    # Short only where it is waited for.
    limit = "300ms" if reason == IN_TIME else "10s"
    run = box.run_inside(bench / "drainit", "--probe", CHECKS[kind], "--check-timeout", limit)
    assert time.monotonic() - begun < 9
    assert run.returncode == 1 and run.stdout == ""
    # By hand the answer's first line is told, too, where it has one.
    told = reason.replace("status 500", "500: xxx")
    assert run.stderr.startswith(f"drainit: {CHECKS[kind]}: {told}")


@pytest.mark.parametrize("name", EITHER | HTTP)
def test_a_hook_says_why_and_holds_the_stop_no_longer_than_its_time(drainit, serve, name):
    behaviour, reason = (EITHER | HTTP)[name]
    box = drainit("--drain", "100ms..20s", "--until", "quiet:200ms", "--on-drain", "PUT http://127.0.0.1:9000/down",
                  "--hook-timeout", "300ms", app=["signals", "--listen", "8080", "TERM=3"])
    serve(box, behaviour).start()
    probing.wait_until_ready(box)
    begun = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    assert time.monotonic() - begun < 10
    box.log.wait_for(rf"^drainit: --on-drain PUT http://127.0.0.1:9000/down: {reason}")
