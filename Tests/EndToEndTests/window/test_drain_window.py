"""Between the platform's stop and the app's lies the window: not ready first, serving throughout."""

import os
import signal
import time

import pytest

import probing
from box import comm_of, state_of, until

# How much later than asked something may happen on a busy machine.
SLACK = 5.0


def serve(drainit, *options, habit="close", **more):
    box = drainit(*options, app=["web", "--on-stop", habit, "8080"], **more)
    probing.wait_until_ready(box)
    return box


def ask_to_stop(box, number=signal.SIGTERM):
    """Sends the drain signal from outside; returns when, by the monotonic clock."""
    sent = time.monotonic()
    box.signal(number)
    return sent


def assert_stopped_after(box, sent, seconds, name="SIGTERM"):
    """The app was sent its stop signal `seconds` after the drain signal: never before, little after."""
    took = box.out.time_of(f"web: {name}") - sent
    assert seconds <= took < seconds + SLACK, f"{name} came after {took:.2f} s, not {seconds}"


def test_first_it_is_not_ready_then_the_window_passes_then_the_app_is_told(drainit, user):
    box = serve(drainit, "--drain", "2s", before=user)
    sent = ask_to_stop(box)
    answer = probing.wait_for_status(box, 503)
    assert answer.text == "draining\n"
    assert time.monotonic() - sent < 1.5, "not ready only late in the window"
    assert not box.out.matching("web: SIGTERM")
    # New connections are served until the end of the window: these are the late arrivals.
    while not box.out.matching("web: SIGTERM") and time.monotonic() - sent < 1.8:
        assert probing.get(box, "/", port=8080).status == 200
    assert box.wait() == 0
    assert_stopped_after(box, sent, 2)


def test_a_request_that_began_in_the_window_is_finished(drainit):
    box = serve(drainit, "--drain", "1s")
    with box.connect(8080) as connection:
        ask_to_stop(box)
        probing.wait_for_status(box, 503)
        connection.sendall(b"GET /slow/2000 HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert probing.read_all(connection).endswith(b"ok\n")
    assert box.wait() == 0


def test_liveness_and_startup_hold_through_the_window(drainit):
    box = serve(drainit, "--drain", "2s")
    ask_to_stop(box)
    probing.wait_for_status(box, 503)
    for path in ("/livez", "/healthz", "/startupz"):
        assert probing.get(box, path).status == 200, path
    assert box.wait() == 0


def test_a_window_with_two_ends_lasts_at_most_its_maximum(drainit):
    box = serve(drainit, "--drain", "1s..2s")
    sent = ask_to_stop(box)
    assert box.wait() == 0
    took = box.out.time_of("web: SIGTERM") - sent
    assert 1 <= took < 2 + SLACK


def test_with_nothing_to_measure_the_window_lasts_its_maximum(drainit):
    # No arrival at all: silence proves nothing.
    box = serve(drainit, "--drain", "1s..3s")
    sent = ask_to_stop(box)
    assert box.wait() == 0
    assert_stopped_after(box, sent, 3)


def test_where_the_gate_never_opened_the_window_is_only_its_minimum(drainit):
    box = drainit("--drain", "1s..60s", "--ready", "tcp:9999", app=["web", "8080"])
    box.out.wait_for("listening on 8080")
    sent = ask_to_stop(box)
    assert box.wait() == 0
    assert_stopped_after(box, sent, 1)


def test_one_that_was_never_ready_and_is_sent_requests_has_everybodys_window(drainit):
    """As where nobody asks `/readyz`: by Docker, or by a Service that publishes not-ready addresses."""
    box = drainit("--drain", "4s..8s", "--ready", "tcp:9999", app=["web", "8080"])
    box.out.wait_for("listening on 8080")
    sent = ask_to_stop(box)
    box.log.wait_for("draining for")
    time.sleep(0.3)
    assert probing.get(box, "/", port=8080).status == 200
    box.log.wait_for("it was never ready, and is sent requests: the window's maximum, [4-8]")
    assert box.wait() == 0
    assert_stopped_after(box, sent, 8)
    box.log.wait_for(r"drained in 8[.0-9]*s \(max\): 1 late arrival,")


def test_one_that_was_never_ready_and_cannot_be_seen_has_its_maximum(drainit, place):
    app = ("import socket, time\ns = socket.socket(socket.AF_UNIX)\ns.bind('it')\ns.listen()\n"
           "print('listens', flush=True)\ntime.sleep(60)")
    box = drainit("--drain", "1s..3s", app=["python3", "-c", app], cwd=place)
    box.out.wait_for("listens")
    sent = ask_to_stop(box)
    assert box.wait() == 143
    assert box.wait_time() - sent >= 3
    box.log.wait_for("no TCP listener, so arrivals cannot be seen: the window's maximum, ")


def test_an_app_that_listens_on_nothing_is_told_at_once(drainit):
    box = drainit(app=["signals", "TERM=5"])
    box.out.wait_for("^ready")
    sent = ask_to_stop(box)
    assert box.wait() == 5
    # The default window is one to three seconds.
    assert box.wait_time() - sent < 0.9


def test_with_a_window_that_was_asked_for_an_app_that_listens_on_nothing_has_it_too(drainit):
    box = drainit("--drain", "1s..2s", "--ready", "none", app=["signals", "TERM=5"])
    box.out.wait_for("^ready")
    probing.wait_until_ready(box)
    sent = ask_to_stop(box)
    assert box.wait() == 5
    assert box.out.time_of("^TERM ") - sent >= 2


def test_a_port_that_was_named_keeps_the_default_window_whoever_listens(drainit):
    box = drainit("--port", "8080", "--ready", "none", app=["signals", "TERM=5"])
    box.out.wait_for("^ready")
    probing.wait_until_ready(box)
    sent = ask_to_stop(box)
    assert box.wait() == 5
    assert box.out.time_of("^TERM ") - sent >= 1


def test_a_window_of_zero_is_none(drainit):
    box = serve(drainit, "--drain", "0")
    sent = ask_to_stop(box)
    assert box.wait() == 0
    assert box.wait_time() - sent < 0.9


@pytest.mark.parametrize("platform, shortest, longest", [
    ({}, 1, 3), ({"K_SERVICE": "x"}, 0, 0)], ids=["elsewhere", "Cloud Run"])
def test_the_default_window_is_the_platforms(drainit, platform, shortest, longest):
    box = serve(drainit, env=platform)
    sent = ask_to_stop(box)
    assert box.wait() == 0
    assert shortest <= box.out.time_of("web: SIGTERM") - sent < longest + SLACK


def test_a_drain_signal_that_comes_again_changes_nothing(drainit):
    box = serve(drainit, "--drain", "2s")
    sent = ask_to_stop(box)
    probing.wait_for_status(box, 503)
    ask_to_stop(box)
    ask_to_stop(box)
    assert box.wait() == 0
    assert_stopped_after(box, sent, 2)
    assert len(box.out.matching("web: SIGTERM")) == 1
    assert len(box.log.matching("SIGTERM.*again")) >= 1


def test_sigint_from_outside_is_the_platforms(drainit):
    box = serve(drainit, "--drain", "1s")
    sent = ask_to_stop(box, signal.SIGINT)
    probing.wait_for_status(box, 503)
    assert box.wait() == 0
    assert_stopped_after(box, sent, 1, "SIGINT")
    assert not box.out.matching("web: SIGTERM")


def test_a_second_sigint_from_outside_ends_the_window(drainit):
    box = serve(drainit, "--drain", "60s")
    ask_to_stop(box, signal.SIGINT)
    probing.wait_for_status(box, 503)
    second = ask_to_stop(box, signal.SIGINT)
    assert box.wait() == 0
    assert box.out.time_of("web: SIGINT") - second < SLACK
    assert box.log.matching("second SIGINT")


def test_sigint_through_another_init_is_the_platforms(start, bench):
    box = start(["tini-static", "--", bench / "drainit", "--drain", "1s", "--", bench / "web", 8080])
    probing.wait_until_ready(box)
    sent = ask_to_stop(box, signal.SIGINT)
    probing.wait_for_status(box, 503)
    assert box.wait() == 0
    assert_stopped_after(box, sent, 1, "SIGINT")


def test_drain_signals_that_are_named_replace_the_built_in_ones(drainit):
    box = drainit("--drain", "1s", "--drain-signal", "USR1", "--drain-signal", "HUP",
                  app=["signals", "--listen", "8080", "HUP=3"])
    probing.wait_until_ready(box)
    # Not a drain signal any more: forwarded at once.
    box.signal(signal.SIGTERM)
    box.out.wait_for("^TERM ")
    box.signal(signal.SIGINT)
    box.out.wait_for("^INT ")
    assert probing.get(box).status == 200
    sent = ask_to_stop(box, signal.SIGHUP)
    probing.wait_for_status(box, 503)
    # Another of the drain signals, while draining: nothing changes.
    box.signal(signal.SIGUSR1)
    assert box.wait() == 3
    assert box.out.time_of("^HUP ") - sent >= 1
    assert not box.out.matching("^USR1 ")


def test_the_stop_signal_is_what_the_app_is_told_with(drainit):
    box = serve(drainit, "--drain", "1s", "--stop-signal", "SIGQUIT")
    sent = ask_to_stop(box)
    assert box.wait() == 0
    assert_stopped_after(box, sent, 1, "SIGQUIT")
    assert not box.out.matching("web: SIGTERM")


def test_an_app_that_ignores_its_stop_signal_is_killed_after_the_stop_timeout(drainit):
    box = serve(drainit, "--drain", "1s", "--stop-timeout", "1s", habit="ignore")
    sent = ask_to_stop(box)
    assert box.wait() == 137
    assert_stopped_after(box, sent, 1)
    assert 2 <= box.wait_time() - sent < 2 + SLACK
    assert box.log.matching("SIGKILL")


def test_the_grace_leaves_the_app_what_is_left_of_it(drainit):
    box = serve(drainit, "--drain", "1s", "--grace", "4s", habit="ignore")
    sent = ask_to_stop(box)
    assert box.wait() == 137
    # 4 s of grace less 1 s of window and 1 s of reserve.
    assert 3 <= box.wait_time() - sent < 4


def test_an_app_that_ends_in_the_window_ends_it(drainit):
    box = serve(drainit, "--drain", "60s")
    ask_to_stop(box)
    probing.wait_for_status(box, 503)
    box.signal(signal.SIGQUIT)
    assert box.wait() == 0
    assert box.log.matching("app-exit")


def test_other_signals_are_forwarded_during_the_window(drainit):
    box = drainit("--drain", "60s", app=["signals", "--listen", "8080", "QUIT=4"])
    probing.wait_until_ready(box)
    ask_to_stop(box)
    probing.wait_for_status(box, 503)
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR1 ")
    box.signal(signal.SIGQUIT)
    assert box.wait() == 4


def test_an_app_that_is_stopped_gets_to_see_its_stop_signal(drainit):
    box = serve(drainit, "--drain", "1s")
    os.kill(box.app, signal.SIGSTOP)
    until(lambda: state_of(box.app) == "T", "the app is stopped")
    ask_to_stop(box)
    assert box.wait() == 0


def test_the_app_is_found_when_an_entrypoint_script_has_become_it(drainit, bench):
    box = drainit("--drain", "1s", app=["sh", "-c", f"exec {bench}/web 8080"])
    probing.wait_until_ready(box)
    assert comm_of(box.app) == "web"
    sent = ask_to_stop(box)
    assert box.wait() == 0
    assert_stopped_after(box, sent, 1)


def test_the_summary_says_how_long_what_ended_it_and_the_exit_code(drainit):
    box = serve(drainit, "--drain", "1s")
    ask_to_stop(box)
    assert box.wait() == 0
    summary, = box.log.matching("^drainit: drained in ")
    assert " web exited 0 after " in summary
    assert "max" in summary
    assert box.log.all()[-1] == summary


def test_not_ready_can_wait_until_the_window_is_over(drainit):
    box = serve(drainit, "--drain", "2s", "--unready-after", "end", "--stop-timeout", "20s",
                habit="ignore")
    sent = ask_to_stop(box)
    while time.monotonic() - sent < 1.8:
        assert probing.get(box).status == 200
    box.out.wait_for("web: SIGTERM")
    assert probing.get(box).status == 503


def test_not_ready_can_come_some_time_into_the_window(drainit):
    box = serve(drainit, "--drain", "10s", "--unready-after", "1s")
    sent = ask_to_stop(box)
    while time.monotonic() - sent < 0.9:
        assert probing.get(box).status == 200
    assert probing.wait_for_status(box, 503).text == "draining\n"
    assert not box.out.matching("web: SIGTERM")


def test_the_notice_is_a_signal_at_the_windows_begin_and_no_stop(drainit):
    box = drainit("--drain", "2s", "--drain-notice", "USR1", app=["signals", "--listen", "8080", "TERM=0"])
    probing.wait_until_ready(box)
    sent = ask_to_stop(box)
    assert box.out.time_of("^USR1 ") - sent < 1.5
    assert box.wait() == 0
    assert box.out.time_of("^TERM ") - sent >= 2


def test_a_default_window_shrinks_to_what_the_grace_leaves(drainit):
    # Of 8 s, 4 are the app's and 1 is kept back: 3 are left of Kubernetes' usual 12.
    box = serve(drainit, "--grace", "8s", "--stop-timeout", "4s",
                env={"KUBERNETES_SERVICE_HOST": "10.0.0.1"})
    sent = ask_to_stop(box)
    assert box.wait() == 0
    assert box.out.time_of("web: SIGTERM") - sent < 3.9


@pytest.mark.parametrize("variable, words", [
    ("KUBERNETES_SERVICE_HOST", ["12s", "30s", "Kubernetes"]),
    ("ECS_CONTAINER_METADATA_URI_V4", ["12s", "30s", "ECS"]), ("OTHER", ["3s"])])
def test_the_first_line_says_which_window_why_and_in_what_grace(drainit, variable, words):
    box = drainit(app=["web", "8080"], env={variable: "x"})
    line = box.log.wait_for("^drainit: web .*started.*").string
    for word in words:
        assert word in line


def test_while_the_app_stops_a_drain_signal_is_not_passed_on_again(drainit):
    box = drainit("--drain", "500ms", app=["signals", "--listen", "8080", "USR1=0"])
    probing.wait_until_ready(box)
    ask_to_stop(box)
    box.out.wait_for("^TERM ")
    ask_to_stop(box)
    box.log.wait_for("SIGTERM again: the app is stopping")
    box.signal(signal.SIGUSR1)
    assert box.wait() == 0
    assert len(box.out.matching("^TERM ")) == 1


def test_a_second_sigint_through_another_init_ends_the_window_as_well(start, bench):
    box = start(["tini-static", "--", bench / "drainit", "--drain", "60s", "--", bench / "web", 8080])
    probing.wait_until_ready(box)
    ask_to_stop(box, signal.SIGINT)
    probing.wait_for_status(box, 503)
    ask_to_stop(box, signal.SIGINT)
    assert box.wait() == 0
    assert box.log.matching("second SIGINT")


@pytest.mark.parametrize("target, left", [("app", 1), ("group", 0), ("all", 0)])
def test_sigkill_goes_where_signals_go(drainit, target, left):
    script = "trap '' TERM; sleep 600 & echo made; while :; do wait; done"
    box = drainit("--signal-to", target, "--drain", "0", "--stop-timeout", "500ms",
                  app=["sh", "-c", script], under_init=True)
    box.out.wait_for("made")
    until(lambda: box.named("sleep"), "its child is there")
    ask_to_stop(box)
    assert box.wait() == 137
    until(lambda: len(box.named("sleep")) == left, f"{left} of its children left")
