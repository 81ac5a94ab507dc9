"""The checks that need a child, a file or another protocol, on the shipping binary."""

import signal
import time

import pytest

import probing
from box import until
from health import NOT_SERVING, SERVING


@pytest.mark.parametrize("check, service", [
    ("grpc:50051", b""), ("grpc:127.0.0.1:50051/my.pkg.Greeter", b"my.pkg.Greeter")])
def test_grpc_holds_when_a_real_server_is_serving(drainit, health, check, service):
    box = drainit("--ready", check, app=["sleep", "600"])
    probing.wait_for_status(box, 503)
    until(lambda: "connection refused" in probing.get(box).text, "nobody listens")
    server = health(box)
    server.answer = {service: NOT_SERVING}
    until(lambda: "NOT_SERVING" in probing.get(box).text, "it does not serve")
    server.answer = {}
    unknown = f"unknown service {service.decode()}".rstrip()
    until(lambda: f"({unknown})" in probing.get(box).text, "it does not know the service")
    server.answer = {service: SERVING}
    probing.wait_until_ready(box)
    assert set(server.asked) == {service}
    server.answer = {service: NOT_SERVING}
    probing.wait_for_status(box, 503)


def test_grpc_over_ipv6(drainit, health):
    box = drainit("--ready", "grpc:[::1]:50051", app=["sleep", "600"])
    health(box, "[::1]:50051")
    probing.wait_until_ready(box)


def test_a_web_server_is_no_grpc_server(drainit):
    box = drainit("--ready", "grpc:8080", app=["web", "8080"])
    probing.wait_for_status(box, 503)
    until(lambda: "another protocol" in probing.get(box).text, "its answer is not understood")


def test_exec_holds_when_the_program_exits_0(drainit, tmp_path):
    tmp_path.chmod(0o755)
    flag = tmp_path / "flag"
    box = drainit("--ready", f"exec:test -e {flag}", app=["sleep", "600"])
    probing.wait_for_status(box, 503)
    until(lambda: "exit code 1" in probing.get(box).text, "the program has failed")
    flag.touch()
    probing.wait_until_ready(box)
    flag.unlink()
    probing.wait_for_status(box, 503)


def test_exec_runs_at_most_once_a_second(drainit, tmp_path):
    tmp_path.chmod(0o777)
    log = tmp_path / "log"
    box = drainit("--ready", f"exec:sh -c 'echo >>{log}'", app=["sleep", "600"])
    probing.wait_until_ready(box)
    start = time.monotonic()
    while time.monotonic() - start < 2.5:
        assert probing.get(box).status == 200
    assert 2 <= len(log.read_text().splitlines()) <= 5


def test_a_program_that_hangs_is_ended_with_all_that_it_started(drainit):
    box = drainit("--ready", "exec:sh -c 'sleep 1001 & sleep 1002'", "--check-timeout", "300ms",
                  app=["sleep", "600"])
    probing.wait_for_status(box, 503)
    until(lambda: "no answer in time" in probing.get(box).text, "its time is over")
    box.signal(signal.SIGTERM)
    box.wait()
    assert "1001" not in box.log.text()


def test_a_checks_output_is_shown_with_v_alone(drainit):
    quiet = drainit("--ready", "exec:sh -c 'echo check-says'", app=["sleep", "600"])
    probing.wait_until_ready(quiet)
    assert "check-says" not in quiet.log.text()
    loud = drainit("-v", "--ready", "exec:sh -c 'echo check-says'", app=["sleep", "600"])
    probing.wait_until_ready(loud)
    loud.log.wait_for("^check-says$")


@pytest.mark.parametrize("relative", [False, True])
def test_a_file_decides(drainit, tmp_path, relative):
    tmp_path.chmod(0o755)
    flag, maintenance = tmp_path / "ready", tmp_path / "maintenance"
    named = [path.name if relative else path for path in (flag, maintenance)]
    box = drainit("--ready", f"file:{named[0]}", "--ready", f"absent:{named[1]}",
                  app=["sleep", "600"], cwd=str(tmp_path))
    probing.wait_for_status(box, 503)
    until(lambda: f"file:{named[0]} (not there)" in probing.get(box).text, "it waits")
    flag.touch()
    probing.wait_until_ready(box)
    maintenance.touch()
    answer = probing.wait_for_status(box, 503)
    assert answer.text == f"not ready: absent:{named[1]} (there)\n"
    maintenance.unlink()
    probing.wait_until_ready(box)
    assert probing.get(box, "/livez").status == 200


def test_a_name_is_resolved(drainit):
    box = drainit("--ready", "tcp:localhost:8080", app=["web", "8080"])
    probing.wait_until_ready(box)
    other = drainit("--ready", "tcp:nobody.invalid:8080", app=["web", "8080"])
    probing.wait_for_status(other, 503)
    until(lambda: "no address" in probing.get(other).text
          or "no answer in time" in probing.get(other).text, "the name has none")


def test_live_checks_decide_livez_until_the_drain(drainit, tmp_path):
    tmp_path.chmod(0o755)
    hung = tmp_path / "hung"
    box = drainit("--live", f"absent:{hung}", "--drain", "2s", "--ready", "none",
                  app=["sleep", "600"])
    probing.wait_until_ready(box)
    assert probing.get(box, "/livez?verbose").text.startswith("[+]app ok\n[+]absent:")
    hung.touch()
    assert probing.wait_for_status(box, 503, "/livez").text.startswith("not alive: absent:")
