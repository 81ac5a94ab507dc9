"""Programs as checks: how their words are read, where they run, and that they leave nothing behind."""

import signal
import time

import pytest

import probing
from box import comm_of, sleeps, state_of, until

EVERY = ("--ready-every", "100ms")
APP = ["sleep", "600"]


def test_quotes_join_words_and_no_shell_reads_them(drainit, place):
    (place / "two words;$HOME").touch()
    box = drainit(*EVERY, "--ready", f"exec:test -e '{place}/two words;$HOME'", app=APP)
    probing.wait_until_ready(box)


def test_a_program_runs_in_drainits_first_directory_and_at_most_once_a_second(drainit, place):
    box = drainit("--ready-every", "10ms", "--ready", "exec:sh -c 'pwd >>runs; exit 1'", app=APP,
                  cwd=str(place))
    begun = time.monotonic()

    def runs():
        return (place / "runs").read_text().splitlines() if (place / "runs").exists() else []
    until(lambda: len(runs()) >= 3, "it has run three times")
    assert time.monotonic() - begun >= 1.9
    assert set(runs()) == {str(place)}
    assert box.is_running


def test_a_program_that_hangs_is_killed_with_its_children_and_reaped(drainit):
    box = drainit(*EVERY, "--check-timeout", "500ms", "--ready",
                  "exec:sh -c 'sleep 1001 & sleep 1002; true'", app=APP)
    until(lambda: len(sleeps(box)) == 2, "the check and its child hang")
    first = sleeps(box)
    until(lambda: not any(map(state_of, first)), "both are killed and reaped")
    assert probing.get(box).status == 503
    assert probing.get(box, "/livez").status == 200


def test_a_checks_output_is_not_the_containers(drainit):
    box = drainit(*EVERY, "--ready", "exec:sh -c 'echo noise; echo noise >&2'", app=APP)
    probing.wait_until_ready(box)
    assert "noise" not in box.out.text() + box.log.text()


def test_a_program_that_is_not_there_is_a_check_that_fails(drainit):
    box = drainit(*EVERY, "--ready", "exec:no-such-program-here", app=APP)
    answer = probing.wait_for_status(box, 503)
    assert "exec:no-such-program-here" in answer.text


def test_the_arguments_of_a_check_are_not_shown(drainit):
    box = drainit(*EVERY, "-v", "--ready", "exec:false --token s3cret", app=APP)
    shown = probing.wait_for_status(box, 503, "/readyz?verbose").text
    assert "exec:false" in shown and "s3cret" not in shown + box.log.text()


@pytest.mark.parametrize("check", ["file", "absent", "exec"])
def test_the_start_waits_for_what_it_needs(drainit, place, check):
    there = place / "there"
    if check == "absent":
        there.touch()
    checks = {"file": f"file:{there}", "absent": f"absent:{there}", "exec": f"exec:test -e {there}"}
    box = drainit("--start-after", checks[check], *EVERY, app=["signals", "TERM=0"])
    assert probing.wait_for_status(box, 200, "/livez")
    assert probing.get(box).status == 503
    box.signal(signal.SIGUSR1)
    box.log.wait_for("SIGUSR1")
    assert box.children() == [] or comm_of(box.children()[0]) != "signals"
    if check == "absent":
        there.unlink()
    else:
        there.touch()
    box.out.wait_for("^ready")


@pytest.mark.parametrize("option", ["--ready", "--start-after", "--live"])
def test_a_relative_file_is_one_of_the_directory_that_drainit_was_started_in(drainit, place, option):
    # drainit itself has moved to / by the time that it looks, or will.
    paths = {"--ready": "/readyz", "--start-after": "/startupz", "--live": "/livez"}
    more = [] if option == "--ready" else ["--ready", "none"]
    box = drainit(*EVERY, option, "file:folder/flag", *more, app=APP, cwd=str(place))
    probing.wait_for_status(box, 503, paths[option])
    (place / "folder").mkdir()
    (place / "folder" / "flag").touch()
    probing.wait_for_status(box, 200, paths[option])
