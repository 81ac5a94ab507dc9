"""How drainit ends says how the app did, in the words of a shell."""

import os
import signal

import pytest

import probing


@pytest.mark.parametrize("code", [0, 1, 42, 124, 125, 255])
def test_the_apps_own_code(drainit, code):
    assert drainit(app=["sh", "-c", f"exit {code}"]).wait() == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT,
                                    signal.SIGHUP, 64])
@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_an_app_ended_by_a_signal_is_128_plus_that(drainit, number, under_init):
    box = drainit(app=["sh", "-c", f"kill -{int(number)} $$; sleep 60"], under_init=under_init)
    assert box.wait() == 128 + number


def test_a_program_that_is_not_found_is_127_and_says_so(drainit):
    for program in ("no-such-program-here", "/no/such/program"):
        box = drainit(app=[program])
        assert box.wait() == 127
        assert box.log.matching(f"{os.path.basename(program)}.*no such file"), box.log.text()


def test_a_program_that_cannot_be_executed_is_126_and_says_so(drainit, place):
    text = place / "text"
    text.write_text("#!/bin/sh\n")
    text.chmod(0o644)
    for program, why in ((text, "permission denied"), (place, "is a directory")):
        box = drainit(app=[str(program)])
        assert box.wait() == 126
        assert box.log.matching(f"{program.name}.*{why}"), box.log.text()


def test_a_script_whose_interpreter_is_missing_names_the_script(drainit, place):
    script = place / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    box = drainit(app=[str(script)])
    assert box.wait() in (126, 127)
    assert box.log.matching("script")


def test_a_script_without_an_interpreter_line_is_run_by_the_shell(drainit, place):
    script = place / "script"
    script.write_text('echo "$0:$1"\nexit 9\n')
    script.chmod(0o755)
    box = drainit(app=[str(script), "one two"])
    assert box.wait() == 9
    assert box.out.all() == [f"{script}:one two"]


def test_a_program_is_looked_for_in_path_as_the_shell_does(drainit, place):
    # The first that can be executed wins; one that cannot is only remembered.
    first, second = place / "1", place / "2"
    for folder, mode, code in ((first, 0o644, 1), (second, 0o755, 7)):
        folder.mkdir()
        (folder / "tool").write_text(f"#!/bin/sh\nexit {code}\n")
        (folder / "tool").chmod(mode)
    assert drainit(app=["tool"], env={"PATH": f"{first}:{second}:/bin"}).wait() == 7
    assert drainit(app=["tool"], env={"PATH": f"{first}"}).wait() == 126


@pytest.mark.parametrize("rules, code, result", [
    (["143:0"], 143, 0), (["143:0"], 1, 1), (["0:3"], 0, 3), (["1:0", "2:5"], 2, 5),
    (["1:2", "2:3"], 1, 2), (["130:0"], 130, 0)])
def test_exit_map_rewrites_once(drainit, rules, code, result):
    options = [word for rule in rules for word in ("--exit-map", rule)]
    assert drainit(*options, app=["sh", "-c", f"exit {code}"]).wait() == result


def test_exit_map_rewrites_the_end_by_a_signal(drainit):
    box = drainit("--exit-map", "143:0", "--drain", "0", app=["sleep", "60"])
    box.log.wait_for("drainit: ")
    box.signal(signal.SIGTERM)
    assert box.wait() == 0


def test_exit_map_does_not_hide_that_the_program_was_not_found(drainit):
    assert drainit("--exit-map", "143:0", app=["no-such-program-here"]).wait() == 127


def test_drainit_ends_with_the_app_whatever_the_app_leaves_behind(drainit):
    box = drainit(app=["sh", "-c", "sleep 600 & exit 6"])
    assert box.wait() == 6


def test_the_exit_code_is_the_apps_and_not_that_of_an_orphan(drainit, bench):
    box = drainit("--ready", "none", app=[
        "sh", "-c", "(sh -c 'exit 99' &); (sh -c 'kill -9 $$' &); sleep 0.3; exit 5"])
    probing.wait_until_ready(box)
    assert box.wait() == 5
