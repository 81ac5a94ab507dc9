"""The summary is the evidence: it names what held the window, and says of how little it tells."""

import re
import time

import pytest

import probing
from conftest import NOBODY
from test_traffic_seen import begin, serve, stopped
from traffic import Traffic, connection


@pytest.mark.parametrize("shortest, expected", [(2, 12), (14, 14)])
def test_until_closed_of_an_idle_container_takes_its_minimum(drainit, shortest, expected):
    # Twelve seconds at least: what tells everybody in a cluster by default.
    box = drainit("--drain", f"{shortest}s..300s", "--until", "closed", "--log", "json",
                  app=["web", "8080"], before=NOBODY)
    probing.wait_until_ready(box)
    begin(box)
    stop = stopped(box)
    assert (stop.end, stop.late, stop.open) == ("closed", 0, 0), stop
    assert expected <= stop.seconds < expected + 30, stop


def test_a_window_that_was_quiet_is_said_to_be_held_by_what_else_it_waits_for(drainit):
    box = serve(drainit, "--until", "closed", drain="1s..8s")
    with Traffic(box) as traffic:
        traffic.kept(1)
        time.sleep(0.3)
        begin(box)
        stop = stopped(box)
    assert (stop.end, stop.open, stop.holder) == ("max", 1, "--until"), stop
    assert "1 connection open, held by --until: all was quiet; " in stop.message


def test_many_arrivals_at_once_are_said_to_be_few_signs(drainit):
    def burst():
        for _ in range(40):
            connection(8080).close()

    box = serve(drainit, "--until", "quiet:2s")
    with Traffic(box) as traffic:
        begin(box)
        time.sleep(0.3)
        assert not traffic.flow(1, burst, ends=time.monotonic() + 0.5).wait().failures
        stop = stopped(box)
    assert (stop.end, stop.late) == ("quiet", 40), stop
    words = r": 40 late arrivals in only [1-9] moments?, last at \+"
    assert re.search(words, stop.message), stop
