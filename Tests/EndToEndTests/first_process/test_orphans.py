"""Whatever ends in the container is reaped, and a crowd of it delays nothing else."""

import os
import signal
import subprocess
import time

import pytest

import probing
from box import state_of, status_of, until
from reports import value


def zombies(box):
    return [pid for pid in box.processes() if state_of(pid) == "Z"]


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_orphans_are_reaped(drainit, under_init):
    box = drainit(app=["orphans", "300"], under_init=under_init)
    box.out.wait_for("^made 300$")
    until(lambda: not zombies(box) and len(box.children()) == 1, "only the app is left")


def test_not_pid_1_drainit_is_where_orphans_go(drainit):
    box = drainit(app=["orphans", "3", "-1"], under_init=True)
    box.out.wait_for("^made 3$")
    until(lambda: len(box.children()) == 4, "the app and three orphans are its children")
    for pid in box.named("orphans"):
        assert int(status_of(pid)["PPid"]) == box.pid


def test_ten_thousand_orphans_at_once_stop_neither_probes_nor_signals(drainit):
    box = drainit("--ready", "none", app=["orphans", "10000", "told"], stdin=subprocess.PIPE)
    box.out.wait_for("^made 10000$", deadline=90)
    box.tell("go")
    worst = 0.0
    while len(box.children()) > 1:
        begun = time.monotonic()
        assert probing.get(box).status == 200
        worst = max(worst, time.monotonic() - begun)
    assert worst < 2.0, f"a probe waited {worst:.2f} s while orphans were reaped"
    until(lambda: not zombies(box), "no zombie is left")
    box.signal(signal.SIGTERM)
    assert box.wait() == 143


def test_what_the_app_leaves_behind_ends_with_the_namespace(drainit):
    box = drainit(app=["sh", "-c", "sleep 600 & setsid sleep 600 & echo made; read x; exit 3"],
                  stdin=subprocess.PIPE)
    box.out.wait_for("made")
    left = list(box.processes())
    assert len(left) == 4
    box.tell("end")
    assert box.wait() == 3
    until(lambda: all(state_of(pid) is None for pid in left), "all are gone")


def test_not_pid_1_what_the_app_leaves_behind_lives_on(drainit):
    box = drainit(app=["sh", "-c", "sleep 600 & sleep 601 & exit 3"], under_init=True)
    assert box.wait() == 3
    until(lambda: len(box.named("sleep")) == 2, "both are there")


REAPED = "drainit_processes_reaped_total"


def test_each_process_is_counted_once_the_app_too(drainit):
    box = drainit("--ready", "none", "--orphans", "wait", app=["orphans", "7", "told"],
                  stdin=subprocess.PIPE)
    box.out.wait_for("^made 7$")
    box.tell("go")
    until(lambda: value(box, REAPED) >= 7, "they are reaped")
    assert value(box, REAPED) == 7
    box.close()
    box = drainit("--ready", "none", "--orphans", "wait", app=["orphans", "2", "-1"],
                  stdin=subprocess.PIPE)
    box.out.wait_for("^made 2$")
    box.tell("exit 3")
    probing.wait_for_status(box, 503, "/livez")
    until(lambda: len(box.children()) == 2, "the app is reaped")
    assert value(box, REAPED) == 1


@pytest.mark.parametrize("order", [1, -1], ids=["the oldest first", "the newest first"])
def test_many_that_end_between_many_that_live_on_are_all_reaped(drainit, order):
    box = drainit("--ready", "none", app=["orphans", "4000", "-1"])
    box.out.wait_for("^made 4000$", deadline=90)
    orphans = sorted(set(box.named("orphans")) - {box.app})[::order]
    for pid in orphans[:2000]:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(box.children()) == 2001, "they are reaped")
    until(lambda: not zombies(box), "no zombie is left")
    assert probing.get(box).status == 200
