"""The harness itself, shown on an init that is known to be right (tini), before it judges another."""

import os
import signal

import pytest

from box import RTMIN, Lines, state_of, until


@pytest.fixture
def tini(start, bench):
    def run(*app, **more):
        return start(["tini-static", "--", bench / app[0], *app[1:]], **more)
    return run


def test_the_program_is_pid_1_and_its_exit_code_is_seen(start):
    box = start(["sh", "-c", "echo pid $$; exit 42"])
    assert box.wait() == 42
    assert box.out.all() == ["pid 1"]


def test_what_was_written_before_the_question_is_in_the_answer():
    reader, writer = os.pipe()
    lines = Lines("a pipe", reader)
    for number in range(1, 1001):
        os.write(writer, f"{number}\n".encode())
        assert lines.all()[-1:] == [str(number)]
    os.close(writer)
    assert len(lines.wait_for_end()) == 1000


def test_a_program_ended_by_a_signal_is_told_from_one_that_exited(start):
    # PID 1 cannot be killed from inside: under the harness's own init it can.
    box = start(["sh", "-c", "kill -TERM $$"], under_init=True)
    assert box.wait() == -signal.SIGTERM


def test_a_signal_from_outside_has_no_sender_and_one_from_inside_has(start, bench):
    box = start([bench / "signals", "TERM=0"])
    box.out.wait_for("^ready")
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR1 code=0 pid=0 ")
    box.signal_inside(signal.SIGUSR2)
    box.out.wait_for("^USR2 code=0 pid=[1-9]")
    box.signal(RTMIN, value=7)
    box.out.wait_for("^RTMIN code=-1 pid=0 value=7$")
    box.signal(signal.SIGTERM)
    assert box.wait() == 0


def test_under_an_init_the_program_has_pid_2_and_left_overs_live_on(start, bench):
    box = start([bench / "orphans", "2", "-1"], under_init=True)
    box.out.wait_for("^made 2$")
    assert box.processes()[box.pid] == 2
    assert len(box.named("orphans")) == 3
    box.signal(signal.SIGKILL)
    assert box.wait() == -signal.SIGKILL
    assert len(box.named("orphans")) == 2


def test_closing_a_box_leaves_no_process(start, bench):
    box = start([bench / "orphans", "5", "-1"])
    box.out.wait_for("^made 5$")
    left = list(box.processes())
    assert len(left) == 6
    box.close()
    until(lambda: all(state_of(pid) is None for pid in left), "every process is gone")


def test_a_server_in_the_box_is_reached_and_the_network_is_its_own(start, bench):
    one, other = start([bench / "web", "8080"]), start([bench / "web", "8080"])
    for box in (one, other):
        box.out.wait_for("listening on 8080")
        with box.connect(8080) as connection:
            connection.sendall(b"GET /pid HTTP/1.1\r\nConnection: close\r\n\r\n")
            assert connection.recv(1000).endswith(b"\r\n\r\n1\n")


def test_a_server_that_stops_refuses_and_one_that_ignores_the_signal_serves_on(start, bench):
    closing = start([bench / "web", "8080"])
    ignoring = start([bench / "web", "--on-stop", "ignore", "8080"])
    for box in (closing, ignoring):
        box.out.wait_for("listening on 8080")
        box.signal(signal.SIGTERM)
        box.out.wait_for("web: SIGTERM")
    assert closing.wait() == 0
    assert ignoring.can_connect(8080)


def test_tini_forwards_and_passes_the_exit_code_on(tini):
    box = tini("signals", "TERM=7")
    box.out.wait_for("^ready")
    box.signal(signal.SIGHUP)
    box.out.wait_for("^HUP code=0 pid=1 ")
    box.signal(signal.SIGTERM)
    assert box.wait() == 7
