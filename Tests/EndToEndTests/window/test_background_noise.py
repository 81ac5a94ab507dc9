"""The window ends with the traffic, whatever else goes on; and not while somebody's requests still come.

Each noise beside real traffic of twenty requests a second that stops a second after the drain signal.
"""

import signal
import subprocess
import time

import pytest

import probing
from conftest import NOBODY
from traffic import Stop, Traffic

MIN, MAX = 1, 12
REAL = 20
PING = b"\x89\x08ping-pon"


def serve(drainit, drain=f"{MIN}s..{MAX}s", *options, app=("web", "8080")):
    """Starts a server, as nobody and without any capability."""
    box = drainit("--drain", drain, "--log", "json", "--exit-map", "143:0", *options, app=app, before=NOBODY)
    probing.wait_until_ready(box)
    return box


def ask_to_stop(box):
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    return sent


# A look may find a connection whose request is still to come, and tells of both.
TWICE = 5


def assert_ended_by_itself(box, real, earliest, latest):
    """Quiet ended the window, between these seconds, and no real request failed."""
    assert box.wait() == 0
    stop = Stop(box)
    assert not real.failures, (real.failures, stop)
    assert stop.end == "quiet", stop
    assert earliest <= stop.seconds < latest, stop
    assert stop.late >= REAL / 2, stop
    return stop


def test_alone_it_ends_six_seconds_after_the_last_request(drainit):
    box = serve(drainit)
    with Traffic(box) as traffic:
        real = traffic.requests(REAL)
        real.ends = ask_to_stop(box) + 1
        stop = assert_ended_by_itself(box, real, 6, 9)
    assert 0.5 < stop.last < 2 and stop.saved > 3, stop
    # Some of those that came before the signal closed after it.
    assert stop.late <= real.count + TWICE, stop


# Every ten seconds: at the worst moment, shortly before the window would have ended. One every five
# seconds leaves no silence in which to end.
@pytest.mark.parametrize("period, begins, earliest", [(10, 5.5, 11), (5, 2.5, MAX)])
def test_a_probe_of_the_apps_port_is_traffic(drainit, period, begins, earliest):
    box = serve(drainit)
    with Traffic(box) as traffic:
        real = traffic.requests(REAL)
        sent = ask_to_stop(box)
        real.ends = sent + 1
        time.sleep(sent + begins - time.monotonic())
        traffic.requests(1 / period, source="127.0.9.9")
        assert box.wait() == 0
    stop = Stop(box)
    assert not real.failures and earliest <= stop.seconds < MAX + 2, stop


def test_a_scraper_on_one_connection_that_is_kept(drainit):
    box = serve(drainit)
    with Traffic(box) as traffic:
        scraper = traffic.kept(1, source="127.0.9.8")
        real = traffic.requests(REAL)
        sent = ask_to_stop(box)
        real.ends = sent + 1
        time.sleep(sent + 2 - time.monotonic())
        traffic.on_kept(scraper, 1 / 15)
        stop = assert_ended_by_itself(box, real, 6, 9)
    assert stop.open == 1, stop


# A server that answers pings as they came, and requests.
ANSWERS = """
import socketserver
class Talk(socketserver.BaseRequestHandler):
    def handle(self):
        while True:
            got = self.request.recv(4096)
            if not got:
                return
            if b"GET " not in got:
                self.request.sendall(got)
                continue
            while b"\\r\\n\\r\\n" not in got:
                got += self.request.recv(4096)
            self.request.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nok\\n")
            if b"close" in got:
                return
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 256
Server(("", 8080), Talk).serve_forever()
"""


def test_two_hundred_connections_that_ping(drainit):
    box = serve(drainit, app=["/usr/bin/python3", "-c", ANSWERS])
    with Traffic(box) as traffic:
        pinging = traffic.kept(200)
        # Not in step with the looks: an answer of this very moment may still be on its way.
        pings = traffic.on_kept(pinging, 19.3, what=PING)
        real = traffic.requests(REAL)
        real.ends = ask_to_stop(box) + 1
        stop = assert_ended_by_itself(box, real, 6, 11)
        assert pings.count > 80
    # As without them, and none of them counts.
    assert stop.open == 200 and stop.last < 2 and stop.late <= real.count + TWICE, stop


def test_clients_that_stay_on_old_connections_hold_it_to_its_end(drainit):
    box = serve(drainit)
    with Traffic(box) as traffic:
        pinned = traffic.on_kept(traffic.kept(10), 20)
        real = traffic.requests(REAL)
        real.ends = ask_to_stop(box) + 1
        assert box.wait() == 0
        stop = Stop(box)
        assert not real.failures and pinned.count > 150
    assert stop.end == "max" and MAX <= stop.seconds < MAX + 2 and stop.open == 10, stop
    assert box.log.matching(r"held by [0-9.]+: requests on an open connection"), stop


def test_a_probe_every_second_holds_it_to_its_end_and_is_named(drainit):
    box = serve(drainit, "1s..8s")
    with Traffic(box) as traffic:
        probe = traffic.requests(1, source="127.0.9.9")
        real = traffic.requests(REAL)
        real.ends = ask_to_stop(box) + 1
        assert box.wait() == 0
        stop = Stop(box)
        assert not real.failures and probe.count >= 8
    assert stop.end == "max" and 8 <= stop.seconds < 12, stop
    assert stop.holder == "127.0.9.9", stop
    words = r"held by 127\.0\.9\.9: a connection every (1\.0|0\.9|1)\d*s, a probe\? point it at /readyz"
    assert box.log.matching(words), stop


def a_request_a_second(drainit, seconds):
    """`curl` once a second and nobody else, until so long after the signal."""
    box = serve(drainit, "5s..12s")
    with Traffic(box) as traffic:
        def curl():
            done = subprocess.run(
                ["curl", "--silent", "--show-error", "--fail", "--max-time", "9",
                 "http://127.0.0.1:8080/"], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise OSError(done.stderr)
        calls = traffic.flow(1, curl)
        sent = ask_to_stop(box)
        calls.ends = sent + seconds
        calls.wait()
        assert box.wait() == 0
    assert not calls.failures, (calls.failures, Stop(box))
    assert calls.count >= seconds
    return Stop(box)


def test_none_of_a_request_a_second_fails_that_goes_on_for_three_seconds(drainit):
    assert a_request_a_second(drainit, 3).late >= 2


def test_none_of_a_request_a_second_fails_that_goes_on_for_eight_seconds(drainit):
    assert a_request_a_second(drainit, 8).late >= 7


def test_who_is_ignored_does_not_hold_it(drainit):
    box = serve(drainit, "1s..30s", "--ignore", "127.0.9.0/24")
    with Traffic(box) as traffic:
        probe = traffic.requests(2, source="127.0.9.9")
        real = traffic.requests(REAL)
        real.ends = ask_to_stop(box) + 1
        stop = assert_ended_by_itself(box, real, 4.5, 10)
        assert probe.count > 8 and stop.late <= real.count + TWICE and stop.last < 1.5
