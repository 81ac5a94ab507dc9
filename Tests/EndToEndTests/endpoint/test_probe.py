"""`--probe`: the client in the same binary, for HEALTHCHECK and exec probes."""

import contextlib
import os
import signal
import threading
import time

import pytest

import probing
from box import state_of, until

SECRET = "s3cret"


@pytest.fixture
def box(drainit):
    made = drainit("--ready", "tcp:8080", app=["web", "8080"])
    probing.wait_until_ready(made)
    return made


def probe(box, bench, *words):
    """The exit code and the error output of a probe beside the app."""
    run = box.run_inside(bench / "drainit", "--probe", *words)
    assert run.stdout == ""
    return run.returncode, run.stderr


@pytest.mark.parametrize("what", [
    "http://127.0.0.1:14315/readyz", "http://localhost:14315/livez", "http://[::1]:14315/readyz?verbose",
    "tcp:8080", "tcp:127.0.0.1:14315"])
def test_what_answers_is_0_and_silent(box, bench, what):
    assert probe(box, bench, what) == (0, "")


@pytest.mark.parametrize("what, said", [
    ("http://127.0.0.1:8080/status/500", "http://127.0.0.1:8080/status/500: 500: ok"),
    ("tcp:9999", "tcp:9999: connection refused"),
    ("grpc:9999", "grpc:9999: connection refused"),
    (f"http://127.0.0.1:9999/?t={SECRET}", "http://127.0.0.1:9999/: connection refused")])
def test_what_fails_is_1_and_one_line(box, bench, what, said):
    assert probe(box, bench, what) == (1, f"drainit: {said}\n")


def serve(box, pieces, is_kept):
    """Answers one connection at port 9000 in pieces, each a segment of its own."""
    listener = box.socket()
    listener.bind(("127.0.0.1", 9000))
    listener.listen(1)

    def run():
        client, _ = listener.accept()
        client.recv(4096)
        for piece in pieces:
            # A line that is long enough is not waited for to its end.
            with contextlib.suppress(OSError):
                client.sendall(piece)
            time.sleep(0.05)
        if not is_kept:
            client.close()
        time.sleep(3)
        listener.close()

    threading.Thread(target=run, daemon=True).start()


HEAD = b"HTTP/1.1 503 Service Unavailable\r\n"


@pytest.mark.parametrize("pieces, is_kept, said", [
    ((HEAD + b"\r\ndraining\nmore\n",), True, "503: draining"),
    ((HEAD, b"X: y\r\n\r\n", b"drain", b"ing\n"), True, "503: draining"),
    ((HEAD + b"Content-Length: 8\r\n\r\n", b"draining"), True, "503: draining"),
    ((HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"8\r\nno", b" disk\n\r\n0\r\n\r\n"), True, "503: no disk"),
    ((HEAD + b"\r\nno end",), False, "503: no end"),
    ((HEAD + b"\r\n\x1b[2Jred\r\n",), True, "503: ?[2Jred"),
    ((HEAD + b"\r\n" + b"x" * 4000,), True, "503: " + "x" * 160),
    ((HEAD + b"\r\nnever more",), True, "503: never more"),
    ((HEAD + b"\r\n",), False, "status 503"),
    ((HEAD,), True, "status 503")],
    ids=["at once", "in segments", "no line end", "chunked", "to the end", "hostile", "long", "hangs",
         "empty", "no body in time"])
def test_why_it_fails_is_the_first_line_of_the_answers_body(box, bench, pieces, is_kept, said):
    serve(box, pieces, is_kept)
    assert probe(box, bench, "http://127.0.0.1:9000/x") == (1, f"drainit: http://127.0.0.1:9000/x: {said}\n")


def test_a_pod_that_drains_says_so(drainit, bench):
    box = drainit("--drain", "3s", app=["web", "8080"])
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    url = f"http://127.0.0.1:{probing.PORT}/readyz"
    assert probe(box, bench, url) == (1, f"drainit: {url}: 503: draining\n")


def test_what_hangs_is_1_within_the_timeout(box, bench):
    os.kill(box.app, signal.SIGSTOP)
    until(lambda: state_of(box.app) == "T", "the app is stopped")
    start = time.monotonic()
    code, said = probe(box, bench, "http://127.0.0.1:8080/", "--check-timeout", "300ms")
    assert (code, said) == (1, "drainit: http://127.0.0.1:8080/: no answer in time\n")
    assert time.monotonic() - start < 5


def test_headers_are_sent_and_not_told(box, bench):
    code, said = probe(
        box, bench, "http://127.0.0.1:9999/", "--check-header", f"Authorization: {SECRET}")
    assert code == 1 and SECRET not in said


def test_grpc(box, bench, health):  # noqa: F811
    server = health(box)
    until(lambda: probe(box, bench, "grpc:50051") == (0, ""), "it serves")
    server.answer = {}
    code, said = probe(box, bench, "grpc:50051")
    assert code == 1 and said.endswith("unknown service\n")


@pytest.mark.parametrize("words", [["listening"], ["exec:true"], ["https://a/"], ["tcp:80", "sh"]])
def test_what_cannot_be_probed_is_an_error(box, bench, words):
    code, said = probe(box, bench, *words)
    assert code == 125 and said.startswith("drainit: --probe")
