"""Whose sockets `--hold` watches: it has not started the app, and may not be able to look into it."""

import types

import pytest

from hold import Hold
from test_which_sockets import FOREIGN, HIDDEN, ROOT, USER, server, systemd  # noqa: F401
from traffic import Stop, Traffic

# What hides processes in the box, and whom from.
HIDES, UNPRIVILEGED = HIDDEN[:4], HIDDEN[4:]


def within(*cgroups):
    """What executes a command in these cgroups."""
    return ("sh", "-c", " && ".join([*(f"echo 0 >{each}/cgroup.procs" for each in cgroups), 'exec "$@"']), "sh")


def app(start, *before, **more):
    box = start([*before, *server("0.0.0.0:8080")], **more)
    box.out.wait_for("listening")
    return box


class Lines:
    """What --hold has logged, on PID 1's error output or, where that may not be, on its own."""

    def __init__(self, box, hold):
        code, own = hold.wait()
        assert code == 0, own
        if '"event":"ended"' not in own:
            box.log.wait_for('"event":"ended"')
        self.log, self._lines = self, [*own.splitlines(), *box.log.all()]

    def all(self):
        return self._lines


def assert_is_found(bench, box, before):
    with Traffic(box) as traffic:
        traffic.requests(10)
        hold = Hold(bench, box, "--drain", "2s..6s", "--until", "quiet:3s", "--log", "json", before=before)
        stop = Stop(Lines(box, hold))
    assert stop.end == "max" and stop.late > 20, stop


@pytest.mark.parametrize("first, before", [
    ((), USER), (USER, ROOT), ((*HIDES, "tini-static", "--", *USER), UNPRIVILEGED), (FOREIGN, ()),
    ((*FOREIGN, *USER), ROOT)],
    ids=["nobody", "another user", "hidepid", "another namespace's /proc", "that and another user"])
def test_an_app_that_it_cannot_look_into_is_found(bench, start, first, before):
    assert_is_found(bench, app(start, *first), before)


def test_in_another_namespaces_proc_it_does_not_write_to_a_strangers_output(bench, start):
    box = app(start, "unshare", "--pid", "--fork", "--kill-child", "--")
    inner = types.SimpleNamespace(first=box.app)
    code, own = Hold(bench, inner, "--drain", "1s..2s", "--log", "json").wait()
    assert code == 0 and '"event":"ended"' in own
    assert not box.log.matching("drain")


def test_an_app_in_a_cgroup_below_with_another_user_is_found(bench, start, cgroup):
    folder = cgroup()
    script = f'mkdir {folder}/below && echo 0 >{folder}/below/cgroup.procs && exec "$@"'
    box = app(start, "sh", "-c", script, "sh", *USER, cgroup=folder)
    assert_is_found(bench, box, (*within(folder), *ROOT))


def test_where_all_containers_share_a_cgroup_another_ones_requests_hold_nothing(bench, start, cgroup, systemd):
    shared, ours = cgroup(), systemd()
    pod = start([*within(systemd()), *server("127.0.0.1:7070")], cgroup=shared)
    pod.out.wait_for("listening")
    box = app(start, *within(ours), cgroup=shared, network=f"/proc/{pod.first}/ns/net")
    with Traffic(box) as traffic:
        flow = traffic.requests(10, port=7070)
        hold = Hold(bench, box, "--drain", "1s..25s", "--until", "quiet:2s", "--log", "json",
                    before=within(shared, ours))
        stop = Stop(Lines(box, hold))
        assert flow.count > 5
    assert stop.end == "quiet" and stop.seconds < 20 and stop.late == 0, stop
