"""The app starts as if drainit were not there: descriptors, directory, socket activation, parents."""

import os
import signal
import socket

import pytest

from box import status_of, until


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    yield reader, writer
    for descriptor in (reader, writer):
        try:
            os.close(descriptor)
        except OSError:
            pass


def test_inherited_descriptors_are_passed_through(drainit, pipe):
    reader, writer = pipe
    box = drainit(app=["bash", "-c", f"echo hello >&{writer}"], pass_fds=(writer,))
    assert box.wait() == 0
    assert os.read(reader, 100) == b"hello\n"


def test_the_app_gets_no_descriptor_of_drainits_own(drainit):
    box = drainit(app=["sh", "-c", "ls -l /proc/$$/fd"])
    assert box.wait() == 0
    numbers = [line.split()[8] for line in box.out.all() if "->" in line]
    assert sorted(numbers) in (["0", "1", "2"], ["0", "1", "10", "2"])


def test_a_pipes_reader_sees_its_end_when_the_app_closes_it(drainit, pipe):
    reader, writer = pipe
    box = drainit(app=["bash", "-c", f"exec {writer}>&-; echo closed; sleep 600"], pass_fds=(writer,))
    os.close(writer)
    box.out.wait_for("closed")
    os.set_blocking(reader, False)

    def at_end():
        try:
            return os.read(reader, 1) == b""
        except BlockingIOError:
            return False
    until(at_end, "nobody holds the pipe any more")


def test_listen_pid_and_watchdog_pid_that_named_drainit_name_the_app(drainit):
    script = 'echo "$$ $LISTEN_PID $WATCHDOG_PID $LISTEN_FDS"'
    box = drainit(app=["sh", "-c", script],
                  env={"LISTEN_PID": "1", "WATCHDOG_PID": "1", "LISTEN_FDS": "1"})
    assert box.wait() == 0
    own, listen, watchdog, descriptors = box.out.all()[0].split()
    assert own == listen == watchdog != "1"
    assert descriptors == "1"


def test_listen_pid_that_named_somebody_else_is_left_alone(drainit):
    box = drainit(app=["sh", "-c", "echo $LISTEN_PID"], env={"LISTEN_PID": "77"})
    assert box.wait() == 0
    assert box.out.all() == ["77"]


def test_a_socket_that_was_handed_over_is_the_apps_to_accept(drainit):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    number = listener.fileno()
    script = f"import socket; s = socket.socket(fileno={number}); c, _ = s.accept(); c.send(b'hi')"
    box = drainit(app=["/usr/bin/python3", "-c", script], pass_fds=(number,))
    with socket.create_connection(listener.getsockname()) as client:
        client.settimeout(30)
        assert client.recv(10) == b"hi"
    assert box.wait() == 0


def test_drainit_itself_moves_to_the_root_so_that_nothing_stays_busy(drainit, place):
    box = drainit(app=["signals"], cwd=str(place))
    ready = box.out.wait_for(r"directory=(.*)$")
    assert ready.group(1) == str(place)
    until(lambda: os.path.samefile(f"/proc/{box.pid}/cwd", f"/proc/{box.pid}/root"), "it has moved")


def test_a_program_named_relative_to_the_directory_is_found(drainit, place):
    tool = place / "tool"
    tool.write_text("#!/bin/sh\npwd\n")
    tool.chmod(0o755)
    box = drainit(app=["./tool"], cwd=str(place))
    assert box.wait() == 0
    assert box.out.all() == [str(place)]


@pytest.mark.parametrize("options, name", [((), "TERM"), (("--stop-signal", "USR1"), "USR1")])
def test_not_pid_1_the_app_gets_its_stop_signal_when_drainit_is_killed(drainit, options, name):
    box = drainit(*options, app=["signals"], under_init=True)
    box.out.wait_for("^ready")
    os.kill(box.pid, signal.SIGKILL)
    box.out.wait_for(f"^{name} ")


def test_as_pid_1_no_parent_death_signal_is_set(drainit):
    box = drainit(app=["/usr/bin/python3", "-c", "import ctypes; n = ctypes.c_int(-1); "
                       "ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)"])
    assert box.wait() == 0
    assert box.out.all() == ["0"]


def test_limits_and_user_are_untouched(drainit):
    box = drainit(app=["sh", "-c", "ulimit -n; id -u; umask"],
                  before=("prlimit", "--nofile=123:456", "setpriv", "--reuid=33", "--clear-groups"))
    assert box.wait() == 0
    assert box.out.all() == ["123", "33", "0022"]


def test_the_apps_start_is_not_the_drainits_that_sees_it_end(drainit):
    # It ends before drainit can have looked at anything.
    for code in range(20):
        assert drainit(app=["sh", "-c", f"exit {code}"]).wait() == code


def test_a_memory_lock_or_a_seccomp_flag_is_not_added(drainit):
    box = drainit(app=["signals"])
    box.out.wait_for("^ready")
    before, after = status_of(box.pid), status_of(box.app)
    for name in ("NoNewPrivs", "Seccomp", "CapEff", "CapBnd", "Groups", "Umask"):
        assert before[name] == after[name], name


def test_p_gives_drainit_itself_a_signal_when_its_parent_ends(start, bench):
    script = f'"{bench}/drainit" -p USR1 -- "{bench}/signals" & wait'
    box = start(["sh", "-c", script], under_init=True)
    box.out.wait_for("^ready")
    os.kill(box.pid, signal.SIGKILL)
    box.out.wait_for("^USR1 ")
