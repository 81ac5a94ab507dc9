"""`/metrics` and `/status`: read by real parsers, told the truth, and nothing that is secret."""

import re
import signal

import pytest

import probing
from conftest import ROOT
from box import until
from reports import metrics, status, value

SECRET = "s3cret"


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


def keys(report, prefix=""):
    """Every key of the report as `a.b` or `list[].b`."""
    found = set()
    for name, inner in report.items():
        if isinstance(inner, list):
            for element in inner:
                found |= keys(element, f"{prefix}{name}[].")
        elif isinstance(inner, dict):
            found |= keys(inner, f"{prefix}{name}.")
        else:
            found.add(prefix + name)
    return found


def test_the_keys_of_status_are_those_that_are_documented(drainit):
    text = (ROOT / "docker/docs/status.md").read_text()
    text = text.partition("\n## What `/status` says\n")[2]
    documented = set()
    for line in text.splitlines():
        if line.startswith("| `"):
            documented |= set(re.findall(r"`([^`]+)`", line.split(" | ")[0]))
    box = drainit("--ready", "notify", "--live", "none", "--drain", "30s", "--ready", "tcp:8080",
                  app=["web", "8080"])
    probing.wait_for_status(box, 503)
    before = keys(status(box))
    assert {"window"} == before - documented | {"window"}
    box.signal(signal.SIGTERM)
    until(lambda: status(box)["window"], "it drains")
    objects = {"window", "window.arrivals", "notify"}
    assert keys(status(box)) | {"window.arrivals"} >= before - {"window"}
    told = {key for key in keys(status(box))}
    assert told - documented == set()
    assert documented - told - objects <= {f"window.arrivals.{name}" for name in (
        "connections", "requests", "moments", "last_seconds", "open_connections",
        "waiting_connections", "requests_in_flight")}


def test_every_metric_has_a_name_by_the_conventions(serving):
    serving.signal(signal.SIGTERM)
    until(lambda: status(serving)["window"], "it drains")

    def is_seen():
        # What comes before the first look is over may have been open before: a request, then.
        probing.get(serving, "/", port=8080)
        return value(serving, "drainit_window_arrivals_total", kind="connection") >= 1
    until(is_seen, "a new connection is seen")
    names = {name for name, _ in metrics(serving)}
    for name in names:
        assert re.fullmatch(r"drainit(_[a-z]+)+", name)
        assert not re.search(r"_(ms|millis|minutes|bytes_count|count|time)$", name)
    assert names >= {"drainit_" + name for name in (
        "build_info", "phase", "ready", "gate_open", "app_running", "check_holds",
        "check_duration_seconds", "signals_forwarded_total", "processes_reaped_total",
        "window_arrivals_total", "window_last_arrival_seconds",
        "window_seconds", "window_minimum_seconds", "window_maximum_seconds",
        "log_lines_dropped_total", "http_connections_total", "http_connections_refused_total",
        "come_backs_total", "mistakes_total")}


SECRETS = [
    ("--check-header", "Authorization: Bearer {}"), ("--ready", "http://127.0.0.1:9999/health?t={}"),
    ("--live", "http://127.0.0.1:9999/?{}"), ("--until", "exec:/bin/false --password {}"),
    ("--start-after", "exec:/bin/true {}"), ("--ready", "exec:'/bin/false' '{} x'"),
]
# What is refused, and where the secret would be in the error.
REFUSED = [
    ("--ready", "http://user:{}@h/"), ("--ready", "https://h/?{}"), ("--until", "http://{}@h/"),
    ("--start-after", "http://h/ {}"), ("--probe", "http://u:{}@h/"), ("--check-header", "{}"),
    ("--check-header", "X: {}\x01"), ("--ready", "exec:a '{}"),
    ("--probe", "exec:a {}"),
]


@pytest.mark.parametrize("log", ["text", "json"])
def test_what_is_planted_everywhere_is_found_nowhere(drainit, log):
    words = [word.format(SECRET) for pair in SECRETS for word in pair]
    app = ["sh", "-c", f"sleep 600 # {SECRET}"]
    box = drainit("-vv", "--log", log, "--drain", "1s", "--port", "1", *words, app=app,
                  env={"TOKEN": SECRET, "DRAINIT_IGNORE": "10.0.0.0/8"})
    probing.wait_for_status(box, 503)
    told = ""
    for path in ("/metrics", "/status", "/readyz?verbose", f"/readyz?exclude={SECRET}", "/livez?verbose",
                 f"/{SECRET}", f"/readyz/{SECRET}"):
        told += str(probing.get(box, path, fields=[f"X-Token: {SECRET}"]).raw)
    assert "exec:" in told and "http://127.0.0.1:9999/health" in told
    box.signal(signal.SIGUSR2)
    box.signal(signal.SIGTERM)
    box.wait()
    plan = drainit("--plan", *words, app=app)
    assert plan.wait() == 0 and plan.out.all()
    assert SECRET not in told + box.log.text() + plan.out.text() + plan.log.text()


@pytest.mark.parametrize("log", ["text", "json"])
def test_what_is_planted_in_hooks_is_found_nowhere(drainit, log):
    words = ["--on-ready", f"/bin/sh -c 'exit 3' {SECRET}", "--on-drain", f"/no/such {SECRET}",
             "--on-drain", f"PUT http://127.0.0.1:9/agent?token={SECRET}",
             "--on-exit", "GET http://127.0.0.1:9/${TOKEN}", "--hook-header", f"X-Token: {SECRET}",
             "--hook-header", "Authorization: Bearer ${TOKEN}", "--hook-body", SECRET]
    box = drainit("-vv", "--log", log, "--drain", "200ms", "--port", "1", "--ready", "none", *words,
                  app=["sleep", "600"], env={"TOKEN": SECRET})
    probing.wait_for_status(box, 200)
    told = "".join(probing.get(box, path).text for path in ("/metrics", "/status", "/readyz?verbose"))
    box.signal(signal.SIGTERM)
    box.wait()
    # The hooks are named, as far as they may be.
    for name in ("/bin/sh", "/no/such", "http://127.0.0.1:9/agent"):
        assert name in box.log.text()
    plan = drainit("--plan", *words, app=["sleep", "600"], env={"TOKEN": SECRET})
    assert plan.wait() == 0 and plan.out.all()
    assert SECRET not in told + box.log.text() + plan.out.text() + plan.log.text()


HOOKS_REFUSED = [
    ("--on-drain", "PUT http://u:{}@h/"), ("--on-drain", "PUT https://h/?{}"),
    ("--on-drain", "sh '{}"), ("--hook-header", "{}"), ("--hook-body", "${{NO_SUCH}} {}"),
    ("--on-exit", "GET http://h/${{NO_SUCH}}?{}"),
]


@pytest.mark.parametrize("option, text", HOOKS_REFUSED)
def test_a_hooks_error_does_not_tell_what_is_secret(drainit, option, text):
    box = drainit("--on-ready", "PUT http://h/", option, text.format(SECRET), app=["true"])
    assert box.wait() == 125
    assert box.log.all() and SECRET not in box.log.text()


@pytest.mark.parametrize("option, text", REFUSED)
def test_an_error_does_not_tell_what_is_secret(drainit, option, text):
    box = drainit(option, text.format(SECRET), app=["true"])
    assert box.wait() == 125
    assert box.log.all() and SECRET not in box.log.text()


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
