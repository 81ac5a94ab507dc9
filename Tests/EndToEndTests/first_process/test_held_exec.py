"""An exec that is held (a scanner, an image that is fetched as it is read) blocks nobody but the child."""

import json
import shutil
import signal
import time

import pytest

import probing
from box import until

KINDS = ["pid 1", "not pid 1"]
APP = ["signals", "--listen", "8080", "TERM=0"]


@pytest.fixture
def app(bench, place, holder):
    """A server whose exec is held, as a command."""
    path = place / "server"
    shutil.copy(bench / APP[0], path)
    path.chmod(0o755)
    return [holder.hold(str(path)), *APP[1:]]


@pytest.fixture
def script(place, holder):
    """A program whose exec is held: a script with these lines."""

    def write(*lines):
        path = place / "script"
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o755)
        return holder.hold(str(path))
    return write


@pytest.mark.parametrize("under_init", [False, True], ids=KINDS)
def test_probes_are_answered_and_children_reaped_meanwhile_and_the_start_goes_on(
        drainit, app, holder, under_init):
    box = drainit("--ready", "none", app=app, under_init=under_init)
    holder.wait_until_held()
    box.log.wait_for("/server is not executed yet after 1s: something holds its file")
    answer = probing.get(box)
    assert (answer.status, answer.text) == (503, "starting: its program is not executed yet\n")
    assert probing.get(box, "/startupz").status == 503
    # A restart would begin anew.
    assert probing.get(box, "/livez").status == 200
    assert json.loads(probing.get(box, "/status").text)["app"]["running"] is False
    if not under_init:
        box.run_inside("sh", "-c", "(true &); (true &)")
        until(lambda: len(box.children()) == 1, "they are reaped")
    assert not box.log.matching(" started")
    holder.let_go()
    box.out.wait_for("^ready")
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    assert len(box.log.matching(r"server \(pid \d+\) started")) == 1


@pytest.mark.parametrize("words", [["--drain", "0"], ["--plain"], ["--drain", "0", "--signal-to", "group"]], ids=str)
@pytest.mark.parametrize("under_init", [False, True], ids=KINDS)
def test_a_stop_meanwhile_ends_it(drainit, app, holder, under_init, words):
    box = drainit(*words, app=app, under_init=under_init)
    holder.wait_until_held()
    box.signal(signal.SIGTERM)
    assert box.wait() == 128 + signal.SIGTERM
    assert not box.log.matching(" started"), box.log.text()
    assert not box.out.all()


def test_a_stop_meanwhile_has_its_window_in_which_the_exec_may_work(drainit, app, holder):
    box = drainit("--drain", "3s", "--ready", "none", app=app)
    holder.wait_until_held()
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    box.log.wait_for("draining for")
    assert probing.get(box).status == 503 and probing.get(box, "/livez").status == 200
    holder.let_go()
    box.out.wait_for("^ready")
    assert box.wait() == 0
    assert box.out.time_of("^TERM ") - sent >= 3
    # Too late to be ready.
    assert not box.log.matching("ready after")


def test_what_listens_on_nothing_yet_has_no_window(drainit, app, holder):
    box = drainit(app=app)
    holder.wait_until_held()
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 128 + signal.SIGTERM
    assert box.wait_time() - sent < 2.5, box.log.text()


def test_a_refusal_that_took_long_is_told_as_one_at_once(drainit, app, holder):
    box = drainit(app=app)
    holder.wait_until_held()
    box.log.wait_for("not executed yet")
    holder.let_go(allow=False)
    assert box.wait() == 126
    assert box.log.all()[-1] == f"drainit: {app[0]} cannot be started: not permitted"


def test_a_refusal_in_a_stop_is_the_apps_end(drainit, app, holder, place):
    box = drainit("--drain", "20s", "--on-exit", f"touch {place}/told", app=app)
    holder.wait_until_held()
    box.signal(signal.SIGTERM)
    box.log.wait_for("draining for")
    holder.let_go(allow=False)
    assert box.wait() == 126
    assert box.log.matching("server cannot be started: not permitted")
    assert (place / "told").exists()


def test_what_was_in_the_way_is_found_in_its_own_directory(drainit, script, place, holder):
    script("#!/opt/bash")
    box = drainit(app=["./script"], cwd=str(place))
    holder.wait_until_held()
    box.log.wait_for("not executed yet")
    holder.let_go()
    assert box.wait() == 127
    assert box.log.all()[-1] == (
        "drainit: ./script cannot be started: it needs /opt/bash (its #! line): no such file or directory")


def test_a_hook_that_is_held_holds_nobody_up(drainit, script, holder):
    hook = script("#!/bin/sh", "echo hook ran")
    box = drainit("--ready", "none", "--drain", "2s..20s", "--on-drain", hook, "--hook-timeout", "30s",
                  app=APP)
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    holder.wait_until_held()
    assert probing.get(box).status == 503
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR1 ")
    holder.let_go()
    box.log.wait_for("hook ran")
    assert box.wait() == 0


def test_a_hook_that_is_held_too_long_is_given_up(drainit, script, holder):
    hook = script("#!/bin/sh")
    box = drainit("--ready", "none", "--drain", "1s", "--on-drain", hook, "--on-exit", hook,
                  "--hook-timeout", "500ms", app=APP)
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    assert holder.held == 2
    assert len(box.log.matching("--on-(drain|exit) .*: no answer in time")) == 2, box.log.text()


def test_a_check_that_is_held_holds_nobody_up(drainit, script, holder):
    check = script("#!/bin/sh")
    box = drainit("--ready", f"exec:{check}", "--ready-every", "100ms", "--drain", "0", app=APP)
    holder.wait_until_held()
    assert probing.get(box).status == 503
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR1 ")
    holder.let_go()
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    assert box.wait() == 0


@pytest.mark.parametrize("number", range(3, 16))
def test_the_apps_descriptor_may_have_any_number(drainit, number):
    """Whatever drainit itself has at that number, the error of the exec is told."""
    box = drainit("--ready", f"fd:{number}", app=["/no/such/program"])
    assert box.wait() == 127
    assert box.log.all()[-1] == "drainit: /no/such/program cannot be started: no such file or directory"
