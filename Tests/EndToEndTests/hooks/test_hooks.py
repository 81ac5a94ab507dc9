"""Hooks: programs that are run, and requests that are sent, at three moments; they are never in the way."""

import signal
import subprocess
import time

import pytest

import probing
from box import sleeps, state_of, until
from registry import Registry

SLACK = 5.0


def serve(drainit, *options, **more):
    box = drainit("--drain", "1s", *options, app=["web", "8080"], **more)
    probing.wait_until_ready(box)
    return box


def stop(box):
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    return sent


def gated(drainit, place, *options, drain="1s", **more):
    """An app that becomes ready when the test says so: a registry can be there before."""
    box = drainit("--drain", drain, "--ready", f"file:{place}/go", *options, app=["web", "8080"], **more)
    box.out.wait_for("listening")
    return box


def test_programs_run_once_each_at_their_moments(drainit, place, user):
    note = "sh -c 'echo \"$0 in $PWD: $SECRET\" >&2; echo \"$0\" >>notes'"
    box = serve(drainit, *(word for moment in ("ready", "drain", "exit")
                           for word in (f"--on-{moment}", f"{note} s3cret-{moment}")),
                cwd=str(place), env={"SECRET": "of the environment"}, before=user)
    box.log.wait_for("^s3cret-ready in .*: of the environment")
    box.log.wait_for("^drainit: --on-ready sh: done")
    assert (place / "notes").read_text() == "s3cret-ready\n"
    stop(box)
    assert (place / "notes").read_text() == "s3cret-ready\ns3cret-drain\ns3cret-exit\n"
    assert box.log.matching(f"^s3cret-drain in {place}")
    for moment in ("ready", "drain", "exit"):
        assert len(box.log.matching(f"^drainit: --on-{moment} sh: done$")) == 1
    assert not box.log.matching("^drainit: .*s3cret")
    # By one observer: two have clocks of their own.
    order = [line for line in box.log.all() if "window over" in line or line.startswith("s3cret-exit in")]
    assert len(order) == 2 and "window over" in order[0], order


def test_requests_are_sent_with_header_body_and_variables(drainit, place):
    box = gated(drainit, place, "--on-ready", "PUT http://127.0.0.1:8500/v1/up/${NAME}?t=${TOKEN}",
                "--on-drain", "POST http://localhost:8500/v1/down/${NAME}?t=s3cret",
                "--on-exit", "GET http://127.0.0.1:8500/v1/gone",
                "--hook-header", "X-Consul-Token: ${TOKEN}", "--hook-body", '{"name": "${NAME}"}',
                env={"NAME": "web 1", "TOKEN": "s3cret\n"})
    registry = Registry(box)
    (place / "go").touch()
    up = registry.wait_for("/v1/up/web%201?t=s3cret")
    assert (up.method, up.body) == ("PUT", b'{"name": "web 1"}')
    assert up.fields["x-consul-token"] == "s3cret" and up.fields["host"] == "127.0.0.1:8500"
    stop(box)
    down, gone = registry.wait_for("/v1/down/"), registry.wait_for("/v1/gone")
    assert (down.method, down.fields["x-consul-token"]) == ("POST", "s3cret")
    assert (gone.method, gone.body) == ("GET", b"") and "content-length" not in gone.fields
    assert len(registry.requests) == 3
    assert box.log.matching(r"^drainit: --on-drain POST http://localhost:8500/v1/down/\$\{NAME\}\?\.\.\.: done$")
    assert "s3cret" not in box.log.text() and "web 1" not in box.log.text()


def test_a_worker_without_a_listener_stops_after_its_hook(drainit, bench):
    # Hook and app write to one pipe: its order is theirs.
    box = drainit("--ready", "none", "--on-drain", "sh -c 'sleep 1; echo hooked >&2'",
                  app=["sh", "-c", f"exec {bench}/signals TERM=5 >&2"])
    box.log.wait_for("^ready")
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 5
    # The default window is one to three seconds; without the hook it is over at once.
    assert 1 <= box.log.time_of("^TERM ") - sent < 2.9
    assert [line[:4] for line in box.log.matching("^(hooked|TERM )")] == ["hook", "TERM"]


def test_a_hook_that_hangs_ends_at_the_windows_maximum_and_is_named(drainit):
    box = serve(drainit, "--on-drain", "sh -c 'sleep 1001 & sleep 1002; true'", "--hook-timeout", "60s")
    sent = stop(box)
    assert 1 <= box.out.time_of("web: SIGTERM") - sent < 1 + SLACK
    assert box.log.matching("^drainit: --on-drain sh: no answer in time$")


def test_a_hook_that_hangs_is_killed_at_its_timeout_with_all_that_it_started(drainit):
    box = serve(drainit, "--on-ready", "sh -c 'sleep 1001 & sleep 1002; true'", "--hook-timeout", "1s")
    until(lambda: len(sleeps(box)) == 2, "the hook and its child hang")
    both = sleeps(box)
    box.log.wait_for("^drainit: --on-ready sh: no answer in time$")
    until(lambda: not any(map(state_of, both)), "both are killed and reaped")
    assert probing.get(box).status == 200
    stop(box)


FAILING = {
    "false": "exit code 1", "no-such-program x": r"exit code 127 \(not found\?\)", "/etc/passwd": "exit code 126",
    "sh -c 'kill -KILL $$'": "ended by SIGKILL", "PUT http://127.0.0.1:1/": "connection refused",
    "PUT http://127.0.0.1:8500/": "status 503", "GET http://no-such-name.invalid/": "no (address|answer in time)",
}


def test_what_fails_is_told_and_changes_nothing(drainit, place):
    box = gated(drainit, place, *(word for hook in FAILING for word in ("--on-ready", hook)),
                *(word for hook in FAILING for word in ("--on-drain", hook)),
                *(word for hook in FAILING for word in ("--on-exit", hook)))
    Registry(box, "503 Service Unavailable")
    (place / "go").touch()
    probing.wait_until_ready(box)
    sent = stop(box)
    assert 1 <= box.out.time_of("web: SIGTERM") - sent < 1 + SLACK
    for moment in ("ready", "drain", "exit"):
        for hook, reason in FAILING.items():
            name = hook if " http://" in hook else hook.split()[0]
            assert box.log.matching(f"^drainit: --on-{moment} {name}: {reason}$"), (name, box.log.text())


def test_a_redirection_is_not_what_was_asked_for(drainit, place):
    box = gated(drainit, place, "--on-ready", "PUT http://127.0.0.1:8500/")
    Registry(box, "301 Moved Permanently")
    (place / "go").touch()
    box.log.wait_for("--on-ready PUT http://127.0.0.1:8500/: status 301")


def test_a_registry_that_does_not_answer_delays_nothing_else(drainit, place):
    box = gated(drainit, place, "--on-ready", "PUT http://127.0.0.1:8500/up", "--on-drain",
                "PUT http://127.0.0.1:8500/down", "--hook-timeout", "1s", drain="3s")
    # Seen by the registry at the moment of the request: the log's reader has a clock of its own.
    order = []
    registry = Registry(box, None, heard=lambda request: order.append(
        (request.path, registry.was_left())))
    (place / "go").touch()
    registry.wait_for("/up")
    for _ in range(20):
        begun = time.monotonic()
        assert probing.get(box).status == 200
        assert time.monotonic() - begun < 1
    sent = stop(box)
    # What deregisters is not sent before what registers is over, nor once the app was told to stop.
    registry.wait_for("/down")
    assert order == [("/up", True), ("/down", True)]
    assert box.log.matching("--on-ready PUT .*: no answer in time")
    assert box.out.time_of("web: SIGTERM") - sent < 3 + SLACK
    assert box.log.matching("--on-drain PUT .*: no answer in time")


def test_a_dead_name_server_delays_nothing(drainit, place):
    (place / "resolv.conf").write_text("nameserver 127.0.0.53\noptions timeout:30 attempts:3\n")
    silent = ("import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
              "s.bind(('127.0.0.53', 53)); print('bound', flush=True); s.recv(1); print('asked', flush=True); input()")
    script = f'mount --bind {place}/resolv.conf /etc/resolv.conf && exec "$@"'
    box = drainit("--ready", f"file:{place}/go", "--on-ready", "PUT http://no-such-name.example/",
                  "--hook-timeout", "1s", app=["/usr/bin/python3", "-c", silent], before=("sh", "-c", script, "sh"),
                  stdin=subprocess.PIPE)
    box.out.wait_for("bound")
    (place / "go").touch()
    box.out.wait_for("asked")
    assert probing.get(box, "/livez").status == 200
    box.log.wait_for("--on-ready PUT http://no-such-name.example/: no answer in time")
    box.tell("")
    assert box.wait() == 0


def test_the_exit_hook_runs_when_the_app_has_ended_and_keeps_its_code(drainit):
    box = drainit("--listen", "14315", "--on-exit", "sh -c 'echo begun >&2; read line; echo over >&2'",
                  "--on-exit", "sleep 2", app=["signals", "--listen", "8080", "QUIT=7"])
    probing.wait_until_ready(box)
    box.signal(signal.SIGQUIT)
    box.log.wait_for("^begun")
    assert probing.get(box).status == 503 and probing.get(box, "/livez").status == 503
    assert box.wait() == 7
    assert box.log.matching("^over") and len(box.log.matching("--on-exit .*: done$")) == 2


def test_an_exit_hook_that_hangs_ends_at_its_timeout(drainit):
    box = drainit("--on-exit", "sleep 1001", "--hook-timeout", "1s", app=["sh", "-c", "exit 3"])
    assert box.wait() == 3
    assert box.log.matching("^drainit: --on-exit sleep: no answer in time$")


def test_the_hooks_time_is_part_of_the_grace(drainit):
    words = ("--drain", "5s", "--stop-timeout", "5s", "--on-exit", "true", "--hook-timeout", "4s")
    box = drainit("--grace", "14s", *words, app=["web", "8080"])
    assert box.wait() == 125
    assert box.log.matching("5s window .* 5s stop timeout .* 4s exit hooks .* 1s = 15s")
    plan = drainit("--plan", "--grace", "15s", "--on-drain", "PUT http://h/?t=s3cret", *words,
                   app=["web", "8080"])
    assert plan.wait() == 0
    assert plan.out.matching("--on-exit hooks, for at most 4s")
    assert plan.out.matching(r"^  \+0s +the --on-drain hooks")
    assert "s3cret" not in plan.out.text()


@pytest.mark.parametrize("words, error", [
    (("--on-drain", "PUT http://h/${NO_SUCH}"), r"--on-drain: \$\{NO_SUCH\} is not set"),
    (("--on-drain", "PUT http://h/", "--hook-header", "A: ${BAD}"), "--hook-header: a header's value"),
    (("--on-drain", "http://h/?t=s3cret"), "--on-drain http://h/\\?\\.\\.\\.: expected a program, or PUT, POST"),
], ids=["unset", "control", "method"])
def test_what_cannot_be_sent_is_refused_at_the_start(drainit, words, error):
    box = drainit(*words, app=["web", "8080"], env={"BAD": "s3cret\r\nB: c"})
    assert box.wait() == 125
    assert box.log.matching(f"^drainit: {error}")
    assert "s3cret" not in box.log.text()


def test_plain_has_no_hooks(drainit):
    box = drainit("--plain", "--on-ready", "echo hooked", "--on-exit", "echo hooked", app=["sh", "-c", "sleep 0.5"])
    assert box.wait() == 0
    assert box.log.all() == []


def test_a_hook_under_way_at_a_fault_is_begun_again_and_blocks_nothing(drainit, fault, place):
    box = gated(drainit, place, "--drain", "3s..60s", "--until", "quiet:1s", "--on-drain",
                "PUT http://127.0.0.1:8500/down", "--hook-timeout", "20s")
    registry = Registry(box, None)
    (place / "go").touch()
    probing.wait_until_ready(box)
    assert probing.get(box, "/", port=8080).status == 200
    box.signal(signal.SIGTERM)
    registry.wait_for("/down")
    assert probing.get(box, "/", port=8080).status == 200
    registry.answer = "200 OK"
    assert fault(box.pid).returncode == 0
    box.log.wait_for("came back")
    box.log.wait_for("^drainit: --on-drain PUT .*: done$")
    assert probing.get(box, "/", port=8080).status == 200
    begun = time.monotonic()
    assert box.wait() == 0
    assert len(registry.requests) == 2
    assert time.monotonic() - begun < 3 + 4 + SLACK


def test_every_method_of_a_registry_is_sent(drainit, place):
    # Consul and etcd's gateways take a key away by DELETE; without a body, whatever the others have.
    box = gated(drainit, place, "--on-drain", "DELETE http://127.0.0.1:8500/v1/kv/web", "--on-drain",
                "PATCH http://127.0.0.1:8500/v1/web", "--hook-body", "weight=0")
    registry = Registry(box)
    (place / "go").write_text("")
    probing.wait_until_ready(box)
    stop(box)
    heard = {request.method: request for request in registry.requests}
    assert sorted(heard) == ["DELETE", "PATCH"]
    assert heard["PATCH"].body == b"weight=0"
    assert heard["DELETE"].body == b"" and "content-length" not in heard["DELETE"].fields
