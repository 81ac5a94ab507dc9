"""The endpoint: what a prober gets, what it must never wait for, and what bad input gets."""

import os
import signal
import socket
import time

import pytest

import probing
from box import DEADLINE, state_of, until

PATHS = ["/readyz", "/livez", "/healthz", "/startupz"]


@pytest.fixture
def serving(drainit):
    box = drainit("--ready", "none", app=["sleep", "600"])
    probing.wait_until_ready(box)
    return box


@pytest.mark.parametrize("path", PATHS)
def test_a_serving_app_is_200_on_every_path(serving, path):
    answer = probing.get(serving, path)
    assert answer.status == 200
    assert answer.fields["connection"].lower() == "close"
    assert int(answer.fields["content-length"]) == len(answer.body) < 100


@pytest.mark.parametrize("path", PATHS)
def test_verbose_lists_every_check_with_its_result(serving, path):
    answer = probing.get(serving, path + "?verbose")
    assert answer.status == 200
    assert "[+]" in answer.text
    assert len(answer.body) < 10 * 1024


def test_verbose_names_the_check_that_does_not_hold(drainit):
    box = drainit("--ready", "tcp:127.0.0.1:9999", "--ready", "none", app=["sleep", "600"])
    answer = probing.wait_for_status(box, 503, "/readyz?verbose")
    assert "[-]tcp:127.0.0.1:9999" in answer.text
    assert "[+]none" in answer.text


def test_an_excluded_check_is_left_out(drainit):
    box = drainit("--ready", "listening", "--ready", "tcp:127.0.0.1:9999", app=["web", "8080"])
    box.out.wait_for("listening")
    assert probing.wait_for_status(box, 503).status == 503
    assert probing.get(box, "/startupz?exclude=tcp:127.0.0.1:9999").status in (200, 503)


def test_it_answers_ipv4_and_ipv6_on_the_default_port(serving):
    for address in ("127.0.0.1", "::1"):
        assert probing.get(serving, address=address).status == 200


@pytest.mark.parametrize("where, reached, refused", [
    ("9000", ["127.0.0.1", "::1"], []),
    ("127.0.0.1:9000", ["127.0.0.1"], ["::1", "127.0.0.2"]),
    ("[::1]:9000", ["::1"], ["127.0.0.1"]),
    ("0.0.0.0:9000", ["127.0.0.1", "127.0.0.2"], ["::1"])])
def test_listen_says_where(drainit, where, reached, refused):
    box = drainit("--ready", "none", "--listen", where, app=["sleep", "600"])
    for address in reached:
        until(lambda: answers(box, address, 9000), f"{address} is reached")
    for address in refused:
        assert not answers(box, address, 9000)


def answers(box, address, port):
    try:
        return probing.get(box, address=address, port=port).status == 200
    except OSError:
        return False


def test_off_is_no_endpoint(drainit):
    box = drainit("--listen", "off", app=["web", "8080"])
    until(lambda: box.can_connect(8080), "the app serves")
    assert not box.can_connect(probing.PORT)


def test_a_default_port_that_is_taken_costs_the_endpoint_and_a_warning(drainit, start, bench):
    other = start([bench / "web", str(probing.PORT)])
    other.out.wait_for("listening")
    box = drainit(app=["signals", "TERM=3"], network=f"/proc/{other.first}/ns/net")
    box.out.wait_for("^ready")
    box.log.wait_for(rf"{probing.PORT}.*--listen")
    box.signal(signal.SIGTERM)
    assert box.wait() == 3


def test_a_port_that_was_asked_for_and_is_taken_ends_before_the_app_starts(drainit, start, bench):
    other = start([bench / "web", "9000"])
    other.out.wait_for("listening")
    box = drainit("--listen", "9000", app=["echo", "started"], network=f"/proc/{other.first}/ns/net")
    assert box.wait() == 125
    assert box.out.all() == []
    line, = box.log.all()
    assert "9000" in line


def test_it_binds_again_right_after_an_earlier_life(drainit, start, bench):
    keeper = start(["sleep", "600"])
    network = f"/proc/{keeper.first}/ns/net"
    for _ in range(3):
        box = drainit("--listen", "9000", "--ready", "none", app=["sleep", "600"], network=network)
        probing.wait_until_ready(box, 9000)
        # Connections in TIME_WAIT and one still open, both on its side.
        for _ in range(5):
            probing.get(box, port=9000)
        with box.connect(9000):
            box.signal(signal.SIGTERM)
            assert box.wait() == 143


def test_answers_take_no_time_when_the_app_hangs(drainit):
    box = drainit(app=["web", "8080"])
    probing.wait_until_ready(box)
    os.kill(box.app, signal.SIGSTOP)
    until(lambda: state_of(box.app) == "T", "the app is stopped")
    for path in PATHS:
        begun = time.monotonic()
        assert probing.get(box, path).status == 200
        assert time.monotonic() - begun < 1.0


# Requests, and the status of their answer.

HOST = b"\r\nHost: x\r\n"


@pytest.mark.parametrize("request_bytes, status", [
    (b"GET /readyz HTTP/1.1" + HOST + b"\r\n", 200),
    (b"GET /readyz HTTP/1.0\r\n\r\n", 200),
    (b"GET /readyz? HTTP/1.1" + HOST + b"\r\n", 200),
    (b"GET http://x/readyz HTTP/1.1" + HOST + b"\r\n", 200),
    (b"\r\nGET /readyz HTTP/1.1" + HOST + b"\r\n", 200),
    (b"GET /readyz HTTP/1.1" + HOST + b"Content-Length: 5\r\n\r\nhello", 200),
    (b"GET /readyz HTTP/1.1" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200),
    (b"GET / HTTP/1.1" + HOST + b"\r\n", 404),
    (b"GET /readyz/ HTTP/1.1" + HOST + b"\r\n", 404),
    (b"GET /readyzz HTTP/1.1" + HOST + b"\r\n", 404),
    (b"GET /READYZ HTTP/1.1" + HOST + b"\r\n", 404),
    (b"GET /../readyz HTTP/1.1" + HOST + b"\r\n", 404),
    (b"POST /readyz HTTP/1.1" + HOST + b"Content-Length: 0\r\n\r\n", 405),
    (b"DELETE /livez HTTP/1.1" + HOST + b"\r\n", 405),
    (b"FOO /readyz HTTP/1.1" + HOST + b"\r\n", 405),
    (b"get /readyz HTTP/1.1" + HOST + b"\r\n", 405),
    (b"GET /readyz HTTP/2.0" + HOST + b"\r\n", 505),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    (b"GET /readyz HTTP/1.1\r\n\r\n", 400),
    (b"GET /readyz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    (b"GET  /readyz HTTP/1.1" + HOST + b"\r\n", 400),
    (b"GET /readyz" + HOST + b"\r\n", 400),
    (b"GET readyz HTTP/1.1" + HOST + b"\r\n", 400),
    (b"GET /readyz HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    (b"GET /readyz HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400),
    (b"GET /readyz HTTP/1.1\r\nHost: x\x00y\r\n\r\n", 400),
    (b"GET /rea\x00dyz HTTP/1.1" + HOST + b"\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\r\n\r\n", 400),
    (b"\x00" * 300 + b"\r\n\r\n", 400),
    (b"GET /" + b"a" * 9000 + b" HTTP/1.1" + HOST + b"\r\n", 414),
    (b"GET /readyz HTTP/1.1" + HOST + b"A: " + b"b" * 9000 + b"\r\n\r\n", 431),
    (b"GET /readyz HTTP/1.1" + HOST + b"A: b\r\n" * 2000 + b"\r\n", 431),
], ids=lambda value: repr(value[:24])[2:-1] if isinstance(value, bytes) else str(value))
def test_each_request_has_its_answer_and_harms_nobody(serving, request_bytes, status):
    answer = probing.Answer(probing.raw(serving, request_bytes))
    assert answer.status == status
    assert answer.fields["connection"].lower() == "close"
    if status == 405:
        assert answer.fields["allow"] == "GET, HEAD, OPTIONS"
    assert probing.get(serving).status == 200


@pytest.mark.parametrize("path", ["/readyz", "/nowhere", "/readyz?verbose"])
def test_head_is_get_without_the_body(serving, path):
    whole, head = probing.get(serving, path), probing.get(serving, path, method="HEAD")
    assert head.status == whole.status
    assert head.body == b""
    assert head.fields["content-length"] == whole.fields["content-length"]


def test_a_request_in_single_bytes_is_a_request(serving):
    with serving.connect(probing.PORT) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n":
            connection.send(bytes([byte]))
        assert probing.Answer(probing.read_all(connection)).status == 200


def test_of_pipelined_requests_the_first_is_answered_and_the_connection_closed(serving):
    one = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
    data = probing.raw(serving, one * 3)
    assert data.count(b"HTTP/1.1 200") == 1


def test_a_body_is_not_waited_for(serving):
    with serving.connect(probing.PORT) as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        assert probing.Answer(probing.read_all(connection)).status == 200


def test_a_head_that_does_not_end_is_408_after_five_seconds(serving):
    with serving.connect(probing.PORT) as connection:
        begun = time.monotonic()
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n")
        assert probing.Answer(probing.read_all(connection)).status == 408
        assert 4.5 < time.monotonic() - begun < 15


def test_a_head_that_goes_on_byte_by_byte_has_no_more_time(serving):
    with serving.connect(probing.PORT) as connection:
        begun = time.monotonic()
        connection.sendall(b"GET /readyz HTTP/1.1\r\nA: ")
        connection.settimeout(0.2)
        answer = b""
        while not answer and time.monotonic() - begun < DEADLINE:
            try:
                connection.send(b"x")
                answer = connection.recv(4096)
                break
            except TimeoutError:
                continue
            except OSError:
                break
        assert 4.5 < time.monotonic() - begun < 15


def test_a_connection_that_says_nothing_is_closed(serving):
    with serving.connect(probing.PORT) as connection:
        begun = time.monotonic()
        probing.read_all(connection)
        assert 4.5 < time.monotonic() - begun < 15


def test_a_client_that_never_reads_harms_nobody(serving):
    for _ in range(80):
        with serving.connect(probing.PORT) as connection:
            connection.sendall(b"GET /readyz?verbose HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert probing.get(serving).status == 200


def test_a_flood_of_connections_opens_no_more_than_its_descriptors(serving):
    before = len(os.listdir(f"/proc/{serving.pid}/fd"))
    slow = [serving.connect(probing.PORT) for _ in range(300)]
    probing.get(serving)
    assert len(os.listdir(f"/proc/{serving.pid}/fd")) <= before + 65
    for connection in slow:
        connection.close()
    until(lambda: len(os.listdir(f"/proc/{serving.pid}/fd")) == before, "all are closed")


def test_a_serving_and_idle_drainit_does_not_wake_up(drainit):
    box = drainit(app=["web", "8080"])
    probing.wait_until_ready(box)
    first = until(lambda: settled_switches(box), "it is idle")
    # Nothing can be waited for where nothing must happen: two seconds of it.
    time.sleep(2)
    assert switches(box) == first


def switches(box):
    with open(f"/proc/{box.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("voluntary"))


def settled_switches(box):
    before = switches(box)
    time.sleep(0.3)
    return before if switches(box) == before else None
