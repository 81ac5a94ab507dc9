"""What is asked before the app starts, and whether it is alive: the same checks, other answers."""

import signal
import time

import pytest

import probing
from box import comm_of


@pytest.fixture
def other(start, bench):
    """A server beside it in the same network; it listens on 7070 from USR1 on, until QUIT."""
    box = start([bench / "web", "--on-stop", "hang", "--wait-for-usr1", "7070"])
    box.out.wait_for("web: waiting")
    return box


def beside(other):
    return f"/proc/{other.first}/ns/net"


@pytest.mark.parametrize("check", ["tcp:7070", "http://127.0.0.1:7070/", "tcp:localhost:7070"])
def test_the_start_waits_for_what_the_app_needs(drainit, other, check):
    box = drainit("--start-after", check, "--ready-every", "100ms", app=["signals", "TERM=0"],
                  network=beside(other))
    probing.wait_for_status(box, 200, "/livez")
    assert probing.get(box).status == 503
    assert probing.get(box, "/startupz").status == 503
    # There is no app yet that could be told.
    box.signal(signal.SIGUSR1)
    box.log.wait_for("SIGUSR1 dropped")
    assert not [pid for pid in box.children() if comm_of(pid) == "signals"]
    other.signal(signal.SIGUSR1)
    box.out.wait_for("^ready")
    assert not box.out.matching("^USR1")


def test_the_start_waits_until_all_that_it_needs_is_there(drainit, other):
    box = drainit("--start-after", "tcp:7070", "--start-after", "tcp:7071", "--start-timeout", "1s",
                  app=["echo", "started"], network=beside(other))
    other.signal(signal.SIGUSR1)
    assert box.wait() == 125
    assert box.out.all() == []


def test_a_drain_signal_while_it_waits_ends_it(drainit):
    box = drainit("--start-after", "tcp:7070", app=["echo", "started"])
    probing.wait_for_status(box, 200, "/livez")
    box.signal(signal.SIGTERM)
    assert box.wait() == 143
    assert box.out.all() == []


def test_a_start_that_waits_too_long_ends_with_125_and_says_so(drainit):
    box = drainit("--start-after", "tcp:7070", "--start-timeout", "500ms", app=["echo", "started"])
    assert box.wait() == 125
    assert box.out.all() == []
    assert box.log.matching("--start-after did not hold within 0?.5s|--start-after .* 500ms")


def test_liveness_asks_a_check_and_is_not_readiness(drainit, other):
    other.signal(signal.SIGUSR1)
    box = drainit("--live", "tcp:7070", "--ready", "none", "--ready-every", "100ms",
                  app=["sleep", "600"], network=beside(other))
    probing.wait_for_status(box, 200, "/livez")
    other.signal(signal.SIGQUIT)
    probing.wait_for_status(box, 503, "/livez")
    probing.wait_for_status(box, 503, "/healthz")
    assert probing.get(box).status == 200
    assert probing.get(box, "/startupz").status == 200


def test_from_the_drain_signal_on_liveness_is_only_that_it_runs(drainit, other):
    other.signal(signal.SIGUSR1)
    box = drainit("--live", "tcp:7070", "--drain", "3s", "--ready-every", "100ms",
                  app=["web", "8080"], network=beside(other))
    probing.wait_until_ready(box)
    probing.wait_for_status(box, 200, "/livez")
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    other.signal(signal.SIGQUIT)
    other.out.wait_for("SIGQUIT")
    for _ in range(5):
        assert probing.get(box, "/livez").status == 200
        time.sleep(0.1)
    assert box.wait() == 0


def test_an_app_that_is_not_alive_at_the_drain_signal_gets_the_shortest_window(drainit):
    box = drainit("--live", "tcp:7070", "--drain", "1s..60s", app=["web", "8080"])
    probing.wait_until_ready(box)
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    assert 1 <= box.wait_time() - sent < 10


# Listens, and accepts nobody.
HUNG = ["/usr/bin/python3", "-c",
        "import socket, time\ns = socket.create_server((\"\", 8080))\ntime.sleep(600)"]


def test_a_hung_app_gets_the_shortest_window_where_live_says_so_and_a_queue_never_shortens_it(drainit):
    """SIGTERM as the kubelet sends it after a failed liveness probe, with and without --live."""
    live = drainit("--drain", "2s..9s", "--check-timeout", "500ms", "--live", "http://127.0.0.1:8080/",
                   app=HUNG)
    blind = drainit("--drain", "2s..9s", app=HUNG)
    for box in (live, blind):
        probing.wait_until_ready(box)
    probing.wait_for_status(live, 503, "/livez")
    assert probing.get(blind, "/livez").status == 200
    with live.connect(8080), blind.connect(8080):
        for box in (live, blind):
            box.signal(signal.SIGTERM)
        assert live.wait() == 143 and blind.wait() == 143
    assert live.log.matching(r"^drainit: drained in [2-8][\d.]*s \(min"), live.log.text()
    assert blind.log.matching(r"^drainit: drained in 9[\d.]*s \(max\).*held by connections that wait"), blind.log.text()


def test_the_log_says_what_the_start_waits_for(drainit, place):
    box = drainit("--start-after", "tcp:localhost:7070", "--start-after", f"file:{place}/there",
                  app=["true"])
    box.log.wait_for(rf"^drainit: waiting for tcp:localhost:7070 and file:{place}/there")


def test_the_log_goes_on_when_the_app_has_started(drainit, place):
    box = drainit("-vv", "--start-after", f"file:{place}/there", "--ready", "none", app=["signals"])
    box.log.wait_for(r"waiting for file:.*/there \(--start-after\)")
    (place / "there").write_text("")
    # What was opened for the first line is neither closed at the app's start nor taken by another.
    box.log.wait_for(r"signals \(pid \d+\) started")
    box.out.wait_for("^ready")
    for number in range(20):
        assert probing.get(box).status == 200
        box.signal(signal.SIGUSR1)
        box.out.wait_for("^USR1 ", count=number + 1)
    box.log.wait_for("SIGUSR1", count=20)
    assert not box.log.matching("dropped")
