"""On a terminal, Ctrl-C, Ctrl-\\ and Ctrl-Z do to the app what they do without drainit."""

import os
import re
import signal
import termios
import time

import pytest

import probing
from box import comm_of, state_of, until
from screen import CTRL_BACKSLASH, CTRL_C, CTRL_Z, OWN_TERMINAL


@pytest.fixture
def on_terminal(screen, drainit):
    """Starts drainit as PID 1 on a terminal that it controls (`docker run -it`)."""

    def run(*options, **more):
        return drainit(*options, stdin=screen.slave, stdout=screen.slave, stderr=screen.slave,
                       before=OWN_TERMINAL, **more)
    return run


@pytest.fixture
def shell(screen, start, bench):
    """An interactive shell with job control; `shell.say(line)` types one."""
    box = start(["bash", "--norc", "--noprofile", "-i"], under_init=True, before=OWN_TERMINAL,
                stdin=screen.slave, stdout=screen.slave, stderr=screen.slave,
                env={"PS1": "> ", "TERM": "dumb", "D": str(bench / "drainit") + " --ready none",
                     "SIGNALS": str(bench / "signals")})

    def say(line):
        screen.type(line.encode() + b"\n")

    count = [0]

    def answers():
        # What is typed is shown as well: the sum is not what was typed.
        count[0] += 1
        say(f"echo alive $((1000 + {count[0]}))")
        return screen.lines.wait_for(f"^(> )*alive {1000 + count[0]}")

    def answers_at_last():
        # At a key that sends a signal the shell throws away what was typed so far.
        for _ in range(20):
            count[0] += 1
            say(f"echo alive $((1000 + {count[0]}))")
            try:
                return screen.lines.wait_for(f"^(> )*alive {1000 + count[0]}", deadline=2)
            except AssertionError:
                pass
        raise AssertionError(screen.lines.text())

    box.say, box.answers, box.answers_at_last = say, answers, answers_at_last
    answers()
    return box


def test_the_app_is_the_foreground_group(on_terminal, screen):
    on_terminal(app=["signals"])
    ready = screen.lines.wait_for(r"ready .* pid=(\d+) group=(\d+) .*foreground=(\d+) ")
    assert ready.group(1) == ready.group(2) == ready.group(3)


@pytest.mark.parametrize("key, name", [(CTRL_C, "INT"), (CTRL_BACKSLASH, "QUIT"), (CTRL_Z, "TSTP")],
                         ids=["Ctrl-C", "Ctrl-backslash", "Ctrl-Z"])
def test_a_key_reaches_the_app_once_and_is_no_stop_of_the_platforms(on_terminal, screen, key, name):
    box = on_terminal("--ready", "none", "--drain", "60s", app=["signals", "--listen", "8080"])
    screen.lines.wait_for("ready ")
    probing.wait_until_ready(box)
    screen.type(key)
    screen.lines.wait_for(f"{name} code=128 ")
    box.signal(signal.SIGUSR1)
    screen.lines.wait_for("USR1 ")
    assert len(screen.lines.matching(f"{name} code")) == 1
    assert probing.get(box).status == 200


def test_ctrl_c_ends_an_app_with_130(on_terminal, screen):
    box = on_terminal("--ready", "none", app=["sh", "-c", "echo u''p; exec sleep 600"])
    screen.lines.wait_for("^up")
    screen.type(CTRL_C)
    assert box.wait() == 130


def test_as_pid_1_an_app_that_ctrl_z_stopped_goes_on_and_that_is_said(on_terminal, screen):
    box = on_terminal("--ready", "none", app=["sh", "-c", "echo u''p; exec sleep 600"])
    screen.lines.wait_for("^up")
    until(lambda: comm_of(box.app) == "sleep", "the shell has become sleep")
    screen.type(CTRL_Z)
    screen.lines.wait_for("drainit: .*SIGTSTP")
    until(lambda: state_of(box.app) == "S", "it goes on")


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGTTIN, signal.SIGTTOU])
def test_as_pid_1_an_app_that_was_stopped_otherwise_stays_stopped_and_that_is_said(drainit, number):
    box = drainit("--ready", "none", app=["sleep", "600"])
    until(lambda: comm_of(box.app) == "sleep", "it runs")
    os.kill(box.app, number)
    box.log.wait_for(f"stopped by {number.name}")
    assert state_of(box.app) == "T"
    box.signal(signal.SIGCONT)
    until(lambda: state_of(box.app) == "S", "it goes on")


def test_ctrl_z_stops_the_job_and_fg_goes_on_with_it(shell, screen):
    shell.say("$D -- sh -c 'echo u\"\"p; exec sleep 600'")
    screen.lines.wait_for("^up")
    sleeping = until(lambda: shell.named("sleep"), "sleep")[0]
    for count in (1, 2):
        screen.type(CTRL_Z)
        screen.lines.wait_for("Stopped", count=count)
        until(lambda: state_of(sleeping) == "T", "the app is stopped")
        until(lambda: state_of(shell.named("drainit")[0]) == "T", "the job is stopped")
        shell.answers()
        shell.say("fg")
        until(lambda: state_of(sleeping) == "S", "the app goes on")
        until(lambda: state_of(shell.named("drainit")[0]) == "S", "drainit goes on")
    until(lambda: foreground(shell) == sleeping, "the app has the terminal")
    screen.type(CTRL_C)
    until(lambda: shell_reads(screen), "the shell has its terminal again")
    shell.say("echo code=$?")
    screen.lines.wait_for("code=130")
    shell.answers()


def test_a_background_app_that_reads_the_terminal_stops_until_fg(shell, screen):
    shell.say("$D -- sh -c 'read word; echo r\"\"ead $word; read word' &")
    until(lambda: [pid for pid in shell.named("drainit") if state_of(pid) == "T"], "the job is stopped")
    # The shell has its terminal still.
    shell.answers()
    shell.say("fg")
    app = until(lambda: [pid for pid in shell.named("sh") if state_of(pid) == "S"], "the app goes on")[0]
    until(lambda: foreground(shell) == app, "the app has the terminal")
    screen.type(b"something\n")
    screen.lines.wait_for("^read something")
    screen.type(CTRL_C)
    until(lambda: shell_reads(screen), "the shell has its terminal again")
    shell.say("echo code=$?")
    screen.lines.wait_for("code=130")
    shell.answers()


def shell_reads(screen):
    """Whether the shell reads keys itself: what is typed before can get lost."""
    return not termios.tcgetattr(screen.slave)[3] & termios.ICANON


def foreground(box):
    """The foreground group of the shell's terminal, as a pid outside."""
    with open(f"/proc/{box.pid}/stat", encoding="ascii") as file:
        return int(file.read().rpartition(")")[2].split()[5])


def test_after_the_app_the_terminal_is_the_shells_again(shell, screen):
    shell.say("$D -- true")
    shell.say("$D -- sh -c 'exit 7'; echo code=$?")
    screen.lines.wait_for("code=7")
    shell.answers()


def test_a_terminal_that_is_not_the_controlling_one_is_left_alone(drainit, screen):
    box = drainit(app=["signals", "TERM=0"], stdin=screen.slave)
    ready = box.out.wait_for(r"foreground=(-?\d+) ")
    assert ready.group(1) == "-1"
    box.signal(signal.SIGTERM)
    assert box.wait() == 0


def test_in_a_pipeline_of_a_script_nothing_is_taken_from_anybody(drainit):
    box = drainit(app=["sh", "-c", "echo one | cat"])
    assert box.wait() == 0
    assert [line for line in box.out.all() if re.search("one", line)] == ["one"]


def test_a_background_job_does_not_take_the_terminal(shell, screen):
    shell.say("$D -- sh -c 'echo u\"\"p; exec sleep 600' &")
    screen.lines.wait_for("^(> )*up")
    shell.answers()
    screen.type(CTRL_C)
    shell.answers_at_last()
    sleeping = until(lambda: shell.named("sleep"), "the app lives on")[0]
    assert foreground(shell) != sleeping
    shell.say("fg")
    until(lambda: foreground(shell) != shell.pid, "the job has the terminal")
    screen.type(CTRL_C)
    until(lambda: shell_reads(screen), "the shell has its terminal again")
    shell.say("echo code=$?")
    screen.lines.wait_for("code=130")


def test_a_background_app_that_reads_only_after_fg_gets_the_terminal(shell, screen):
    # A shell does not tell a job that runs that it is in the foreground now.
    shell.say("$D -- sh -c 'trap \"read line; echo got \\$line\" USR1; echo u\"\"p; "
              "while :; do sleep 600 & wait; done' &")
    screen.lines.wait_for("^(> )*up")
    shell.say("fg")
    drainit = shell.named("drainit")[0]
    until(lambda: foreground(shell) == drainit, "the job has the terminal")
    os.kill(drainit, signal.SIGUSR1)
    until(lambda: foreground(shell) != drainit, "the app has it")
    screen.type(b"words\n")
    screen.lines.wait_for("got words")


def test_while_a_background_app_is_stopped_nothing_turns_in_a_loop(shell, screen):
    shell.say("$D -- sh -c 'read line; echo \"got $line\"; exec sleep 600' &")
    drainit = until(lambda: [pid for pid in shell.named("drainit") if state_of(pid) == "T"],
                    "the job is stopped")[0]
    used = cpu_ticks(drainit)
    # Nothing can be waited for where nothing must happen.
    time.sleep(1)
    assert cpu_ticks(drainit) - used <= 2
    shell.answers()
    shell.say("fg")
    until(lambda: state_of(drainit) == "S", "drainit goes on")
    screen.type(b"words\n")
    screen.lines.wait_for("got words")


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
