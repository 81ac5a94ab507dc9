"""`--probe`: the client in the same binary, for HEALTHCHECK and exec probes."""

import os
import signal
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
    ("http://127.0.0.1:14315/nothing", "http://127.0.0.1:14315/nothing: status 404"),
    ("tcp:9999", "tcp:9999: connection refused"),
    ("grpc:9999", "grpc:9999: connection refused"),
    (f"http://127.0.0.1:9999/?t={SECRET}", "http://127.0.0.1:9999/: connection refused")])
def test_what_fails_is_1_and_one_line(box, bench, what, said):
    assert probe(box, bench, what) == (1, f"drainit: {said}\n")


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
