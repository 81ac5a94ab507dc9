"""The window does not end over a request that was received and is not answered yet, however it is seen."""

import signal
import threading
import time

import pytest

import probing
from box import until
from traffic import Stop

# A server whose answers take as long as their path says, and that dies at SIGTERM, as a careless one does.
CARELESS = """
import http.server, socket, struct, time
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/reset":
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            time.sleep(float(self.path[1:] or 0))
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\\n")
    def log_message(self, *_): pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
Server(("", 8080), Answer).serve_forever()
"""


def serve(drainit, *options, window="1s..20s", **more):
    box = drainit("--log", "json", "--drain", window, "--ready", "tcp:8080", "--exit-map", "143:0", *options,
                  app=["/usr/bin/python3", "-c", CARELESS], **more)
    probing.wait_until_ready(box)
    return box


def come_and_go(box, count=30):
    """Clients after the drain signal, so that a silence means something."""
    for _ in range(count):
        with box.connect(8080) as made:
            made.sendall(b"GET /0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            probing.read_all(made)
        time.sleep(0.05)


@pytest.mark.parametrize("before", [True, False], ids=["before the signal", "in the window"])
def test_slow_requests_are_answered(drainit, before):
    box = serve(drainit)
    answers = []

    def ask():
        with box.connect(8080) as made:
            made.sendall(b"GET /11 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answers.append(probing.read_all(made).endswith(b"ok\n"))

    clients = [threading.Thread(target=ask) for _ in range(8)]
    if before:
        for client in clients:
            client.start()
        until(lambda: probing.get(box, "/livez").status == 200, "it is alive")
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    come_and_go(box)
    if not before:
        for client in clients:
            client.start()
    for client in clients:
        client.join(30)
    assert box.wait() == 0
    assert answers == [True] * 8, (answers, Stop(box))


def test_an_idle_kept_alive_connection_does_not_hold_it(drainit):
    box = serve(drainit, window="1s..25s")
    with box.connect(8080) as kept:
        kept.sendall(b"GET /0 HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: kept.recv(4096).endswith(b"ok\n"), "it is answered")
        box.signal(signal.SIGTERM)
        probing.wait_for_status(box, 503)
        come_and_go(box)
        assert box.wait() == 0
    stop = Stop(box)
    assert stop.end == "quiet" and stop.seconds < 15, stop


def test_what_the_server_ends_by_a_reset_has_arrived(drainit):
    """The kernel tells of such an end with the peer's port 0, as of a listener's."""
    box = serve(drainit, window="1s..25s")
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    time.sleep(0.3)
    for _ in range(60):
        with box.connect(8080) as made:
            made.sendall(b"GET /reset HTTP/1.1\r\nHost: x\r\n\r\n")
            try:
                while made.recv(4096):
                    pass
            except ConnectionResetError:
                pass
        time.sleep(0.05)
    assert box.wait() == 0
    stop = Stop(box)
    assert 50 <= stop.late <= 62 and stop.last > 2.5, stop
