"""A window that the traffic ends, in a real container: nobody, no capability, the default seccomp filter."""

import concurrent.futures
import json
import os
import signal
import socket
import subprocess
import time

import pytest

import probing
from box import until
from podman import Podman
from traffic import Traffic

STRICT = ("--read-only", "--cap-drop=all", "--user", "65534", "--security-opt", "no-new-privileges")


@pytest.fixture(scope="module")
def podman(bench):
    engine = Podman()
    engine.build("traffic", ["FROM scratch", "COPY drainit web /", 'ENTRYPOINT ["/drainit", "--"]',
                             'CMD ["/web", "8080"]'], [bench / name for name in ("drainit", "web")])
    yield engine
    engine.close()


def termination_log(place, text=""):
    """The file that `kubectl describe pod` shows, as the kubelet makes it; and how podman mounts it."""
    message = place / "message"
    message.write_text(text)
    message.chmod(0o666)
    return message, ("--volume", f"{message}:/dev/termination-log")


def stop_under_load(container, seconds):
    """`podman stop` while twenty requests a second go on for so many seconds; returns the summary's words."""
    probing.wait_until_ready(container)
    with Traffic(container) as traffic:
        real = traffic.requests(20)
        until(lambda: real.count > 5, "requests are answered")
        real.ends = time.monotonic() + seconds
        container.stop(25)
        assert container.wait() == 0, container.log.text()
    assert not real.failures, (real.failures, container.log.text())
    return real


def test_it_ends_by_itself_whatever_rights_are_left(podman, place):
    message, volume = termination_log(place)
    container = podman.run("traffic", options=(*STRICT, *volume, "--env", "DRAINIT_DRAIN=2s..25s"))
    real = stop_under_load(container, 1)
    line, = container.log.matching("^drainit: drained in ")
    words = (r"drained in (?:[6-9]|1[0-4])[\d.]*s \(quiet; [\d.]+s saved\): (\d+) late arrivals"
             r"(?: in only \d moments)?, last at \+[\d.]+m?s, 0 connections open; web exited 0 after ")
    found = container.log.wait_for(words)
    # A look may find a connection whose request is still to come, and tells of both.
    assert 3 <= int(found.group(1)) <= real.count + 5
    assert message.read_text() == line + "\n"


def test_a_request_in_flight_holds_it(podman):
    container = podman.run("traffic", options=(*STRICT, "--env", "DRAINIT_DRAIN=2s..25s"))
    probing.wait_until_ready(container)
    with container.connect(8080) as slow, concurrent.futures.ThreadPoolExecutor() as beside:
        slow.sendall(b"GET /slow/10000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        stop = beside.submit(stop_under_load, container, 1)
        container.log.wait_for("window over")
        # The answer was in the client's kernel before that: it is there now, without a wait for it.
        assert slow.recv(65536, socket.MSG_DONTWAIT).endswith(b"ok\n")
        stop.result()
    container.log.wait_for(r"drained in [\d.]+s \(quiet; ")


def test_as_json(podman, place):
    container = podman.run("traffic", options=(
        *STRICT, "--env", "DRAINIT_DRAIN=1s..15s", "--env", "DRAINIT_LOG=json",
        "--env", "DRAINIT_UNTIL=quiet:1s"))
    real = stop_under_load(container, 1)
    told = [json.loads(line) for line in container.log.all()][-1]
    assert told["event"] == "ended" and told["window_ended_by"] == "quiet"
    assert told["exit_code"] == 0 and told["open_connections"] == 0
    assert 3 <= told["late_arrivals"] <= real.count + 5
    assert 0 < told["last_arrival_seconds"] < told["window_seconds"] < 8
    assert 13 < told["window_seconds"] + told["saved_seconds"] < 17


def test_a_grace_that_was_shorter_than_the_plan_leaves_a_trace(podman, place):
    message, volume = termination_log(place)
    container = podman.run("traffic", options=(*STRICT, *volume, "--env", "DRAINIT_DRAIN=20s",
                                               "--env", "DRAINIT_QUIET=1"))
    probing.wait_until_ready(container)
    container.stop(1)
    assert container.wait() == 137
    assert message.read_text().startswith("drainit: SIGTERM: draining for 20s, then SIGTERM to web")
    assert message.read_text().endswith("\n")


def test_the_summary_replaces_the_trace_after_a_fault_of_drainits_own_too(podman, bench, place):
    message, volume = termination_log(place)
    container = podman.run("traffic", options=(*STRICT, *volume, "--env", "DRAINIT_DRAIN=3s"))
    probing.wait_until_ready(container)
    os.kill(container.first, signal.SIGTERM)
    until(lambda: "draining for" in message.read_text(), "the trace is there")
    subprocess.run([bench / "fault", str(container.first)], check=True, timeout=30)
    container.log.wait_for("came back from a fault")
    assert container.wait() == 0
    line, = container.log.matching("^drainit: drained in ")
    assert message.read_text() == line + "\n"


def test_what_the_app_left_in_the_termination_log_stays(podman, place):
    message, volume = termination_log(place, "out of coffee")
    container = podman.run("traffic", options=(*STRICT, *volume, "--env", "DRAINIT_DRAIN=1s"))
    probing.wait_until_ready(container)
    container.stop(25)
    assert container.wait() == 0 and container.log.matching("^drainit: drained in ")
    assert message.read_text() == "out of coffee"


def test_an_end_that_nobody_asked_for_leaves_the_termination_log_to_the_apps_last_lines(podman, place):
    message, volume = termination_log(place)
    # A port that is taken: it exits with 1.
    container = podman.run("traffic", "/web", str(probing.PORT), options=(*STRICT, *volume))
    assert container.wait() == 1
    assert container.log.matching("web exited 1")
    assert message.read_text() == ""


def test_a_termination_log_that_may_not_be_written_costs_nothing(podman, place):
    message, volume = termination_log(place)
    message.chmod(0o400)
    container = podman.run("traffic", options=(*STRICT, *volume, "--env", "DRAINIT_DRAIN=1s"))
    probing.wait_until_ready(container)
    container.stop(25)
    assert container.wait() == 0
    assert message.read_text() == ""
    assert container.log.all()[-1].startswith("drainit: drained in ")
