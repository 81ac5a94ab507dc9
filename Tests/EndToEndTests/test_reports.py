"""`/metrics` and `/status`: read by real parsers, told the truth, and nothing that is secret."""

import json
import signal

import pytest
from prometheus_client.parser import text_string_to_metric_families

import probing
from box import until

SECRET = "s3cret"


def metrics(box):
    """Every sample as (name, labels) -> value; the parser refuses what is no exposition format."""
    answer = probing.get(box, "/metrics")
    assert answer.status == 200
    assert answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation and family.type in ("gauge", "counter"), family
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in samples, key
            samples[key] = sample.value
            assert sample.name.startswith("drainit_")
            assert (family.type == "counter") == sample.name.endswith("_total")
    return samples


def value(box, name, **labels):
    return metrics(box)[(name, tuple(sorted(labels.items())))]


def status(box):
    answer = probing.get(box, "/status")
    assert answer.status == 200
    assert answer.fields["content-type"] == "application/json"
    return json.loads(answer.body)


@pytest.fixture
def serving(drainit):
    box = drainit("--ready", "tcp:8080", "--drain", "1s..30s", app=["web", "8080"])
    probing.wait_until_ready(box)
    return box


def test_a_serving_app_is_told_of(serving):
    assert value(serving, "drainit_phase", phase="serving") == 1
    assert value(serving, "drainit_phase", phase="draining") == 0
    assert value(serving, "drainit_ready") == 1
    assert value(serving, "drainit_check_holds", set="ready", check="tcp:8080") == 1
    assert 0 < value(serving, "drainit_check_duration_seconds", set="ready", check="tcp:8080") < 1
    assert value(serving, "drainit_window_maximum_seconds") == 30
    report = status(serving)
    assert report["phase"] == "serving" and report["ready"] is True
    assert report["app"]["program"] == "web" and report["app"]["running"] is True
    assert report["plan"]["window_max_seconds"] == 30
    assert report["window"] is None
    assert report["gate"]["open"] is True
    assert report["checks"] == [
        {"set": "ready", "name": "tcp:8080", "result": "holds", "reason": None,
         "duration_seconds": report["checks"][0]["duration_seconds"]}]
    assert report["timeline"]["started"] <= report["timeline"]["ready"]


def test_a_check_that_fails_says_why(drainit):
    box = drainit("--ready", "tcp:9999", app=["sleep", "600"])
    probing.wait_for_status(box, 503)
    until(lambda: status(box)["checks"][0]["reason"] == "connection refused", "the check has failed")
    assert value(box, "drainit_check_holds", set="ready", check="tcp:9999") == 0
    assert value(box, "drainit_gate_open") == 0


def test_the_window_is_told_of_while_it_lasts(serving):
    serving.signal(signal.SIGTERM)
    until(lambda: status(serving)["phase"] == "draining", "it drains")
    report = status(serving)
    assert report["ready"] is False
    assert report["window"]["signal"] == "SIGTERM"
    assert 20 < report["window"]["max_in_seconds"] <= 30
    assert report["window"]["ended_by"] is None
    assert report["timeline"]["drain"] > report["timeline"]["ready"]
    assert 0 <= value(serving, "drainit_window_seconds") < 20
    assert value(serving, "drainit_phase", phase="draining") == 1
    assert value(serving, "drainit_ready") == 0


def test_what_was_done_is_counted(serving):
    before = metrics(serving)
    serving.signal(signal.SIGWINCH)
    probing.raw(serving, b"nonsense\r\n\r\n")
    key = ("drainit_signals_forwarded_total", ())
    until(lambda: metrics(serving)[key] == before[key] + 1, "the signal is counted")
    assert value(serving, "drainit_http_requests_refused_total") == 1
    assert status(serving)["counts"]["http_requests_refused"] == 1


def test_a_head_request_has_the_same_head(serving):
    for path in ("/metrics", "/status"):
        answer = probing.get(serving, path, method="HEAD")
        assert answer.status == 200 and answer.body == b""
        assert int(answer.fields["content-length"]) > 100


def test_nothing_secret_is_told(drainit):
    box = drainit(
        "--ready", f"http://127.0.0.1:9999/health?token={SECRET}",
        "--check-header", f"Authorization: Bearer {SECRET}",
        app=["sleep", "600"], env={"TOKEN": SECRET})
    probing.wait_for_status(box, 503)
    told = ""
    for path in ("/metrics", "/status", "/readyz", "/readyz?verbose", f"/readyz?exclude={SECRET}",
                 f"/livez?verbose&exclude={SECRET}", f"/startupz?x={SECRET}", f"/{SECRET}"):
        told += probing.get(box, path, fields=[f"X-Token: {SECRET}"]).text
    assert "http://127.0.0.1:9999/health" in told
    assert SECRET not in told
    assert SECRET not in box.log.text()
