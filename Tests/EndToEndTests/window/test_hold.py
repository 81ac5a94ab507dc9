"""--hold: the window alone, as the preStop of a container whose PID 1 is another."""

import os
import signal
import socket
import threading
import time

import pytest

import probing
from box import until
from conftest import NOBODY
from hold import Hold, seconds
from registry import Registry
from traffic import Traffic

SLACK = 5.0


@pytest.fixture
def app(start, bench):
    """A web server under tini, as in an image whose ENTRYPOINT cannot change."""
    box = start(["tini-static", "--", bench / "web", "8080"])
    box.out.wait_for("listening")
    return box


def assert_untouched(box):
    """The app was told nothing: it ends when it is asked by another."""
    assert not box.out.matching("web: SIG")
    box.signal(signal.SIGTERM)
    assert box.wait() == 0


def test_the_window_ends_when_the_traffic_has_and_says_so_where_the_container_logs(bench, app):
    with Traffic(app) as traffic:
        clients = traffic.requests(20)
        until(lambda: clients.count > 5, "requests are answered")
        hold = Hold(bench, app, "--drain", "1s..25s")
        app.log.wait_for("^drainit: holding for 1s to 25s$")
        counted = clients.count
        until(lambda: clients.count > counted + 40, "two seconds' requests")
        clients.end()
        assert hold.wait() == (0, "")
    assert 5 < seconds(app) < 20
    summary, = app.log.matching("^drainit: held for")
    assert " (quiet; " in summary and ", last at +" in summary and "exited" not in summary
    assert_untouched(app)


def test_a_request_in_flight_holds_it(bench, app):
    answers = []

    def ask():
        with app.connect(8080) as made:
            made.sendall(b"GET /slow/10000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answers.append(probing.read_all(made).endswith(b"ok\n"))

    with Traffic(app) as traffic:
        slow = threading.Thread(target=ask)
        slow.start()
        clients = traffic.requests(20)
        until(lambda: clients.count > 5, "requests are answered")
        hold = Hold(bench, app, "--drain", "1s..25s")
        app.log.wait_for("^drainit: holding")
        counted = clients.count
        until(lambda: clients.count > counted + 20, "a second's requests")
        clients.end()
        assert hold.wait() == (0, "")
    # Nobody has told the app anything, and the window has outlasted its answer.
    assert answers == [True]
    slow.join()
    app.log.wait_for(r"^drainit: held for .* \(quiet; ")
    assert_untouched(app)


def test_of_a_proxy_only_its_port_counts(bench, start, place):
    place.joinpath("haproxy.cfg").write_text("""
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 10s
frontend front
  bind 127.0.0.1:8000
  http-request return status 200 content-type text/plain string ok hdr content-length 2
frontend statistics
  bind 127.0.0.1:8404
  http-request return status 200 content-type text/plain string ok hdr content-length 2
""")
    proxy = start(["haproxy", "-db", "-f", place / "haproxy.cfg"])
    until(lambda: proxy.can_connect(8000), "HAProxy listens")
    with Traffic(proxy, 8000) as traffic:
        # A scraper goes on for ever.
        scraper = traffic.requests(5, port=8404)
        clients = traffic.requests(20)
        until(lambda: clients.count > 5, "requests are answered")
        hold = Hold(bench, proxy, "--port", "8000", "--drain", "1s..25s")
        proxy.log.wait_for("^drainit: holding")
        counted = clients.count
        until(lambda: clients.count > counted + 20, "a second's requests")
        clients.end()
        assert hold.wait() == (0, "")
        scraper.end()
        assert not scraper.failures
    proxy.log.wait_for(r"^drainit: held for .* \(quiet; ")
    assert seconds(proxy) < 20
    assert proxy.is_running and proxy.can_connect(8000)


def test_where_it_may_not_write_to_the_containers_log_it_writes_to_its_own(bench, app):
    code, own = Hold(bench, app, "--drain", "1s", before=NOBODY).wait()
    assert code == 0
    assert "drainit: holding for 1s\n" in own and "drainit: held for 1s (max)" in own
    assert not app.log.matching("drainit")
    assert_untouched(app)


def test_without_any_traffic_it_lasts_its_maximum(bench, app):
    begun = time.monotonic()
    assert Hold(bench, app, "--drain", "1s..2s").wait() == (0, "")
    assert 2 <= time.monotonic() - begun < 2 + SLACK
    app.log.wait_for(r"^drainit: held for 2(\.\d)?s \(max\)")


def test_where_nothing_listens_there_is_nobody_to_wait_for(bench, start):
    worker = start([bench / "signals", "TERM=0"])
    worker.out.wait_for("^ready")
    begun = time.monotonic()
    assert Hold(bench, worker).wait() == (0, "")
    assert time.monotonic() - begun < 0.9 + SLACK
    worker.log.wait_for("^drainit: .*listens on nothing")
    assert not worker.out.matching("^TERM")


def test_no_window_is_over_at_once(bench, app):
    code, _ = Hold(bench, app, env={"K_SERVICE": "x"}).wait()
    assert code == 0
    app.log.wait_for("^drainit: --hold: no drain window$")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_nobody_else(bench, app, number):
    hold = Hold(bench, app, "--drain", "60s")
    app.log.wait_for("^drainit: holding")

    os.kill(hold.pid, signal.SIGUSR1)
    os.kill(hold.pid, signal.SIGWINCH)
    assert not app.out.matching("web: SIG")
    os.kill(hold.pid, number)
    assert hold.wait()[0] == 128 + number
    assert_untouched(app)


def test_its_hooks_run_and_its_checks_hold_the_window(bench, app, place):
    registry = Registry(app)
    with Traffic(app) as traffic:
        clients = traffic.requests(20)
        until(lambda: clients.count > 5, "requests are answered")
        hold = Hold(bench, app, "--drain", "500ms..40s", "--until", f"file:{place}/over", "--on-drain",
                    "PUT http://127.0.0.1:8500/down", "--drain-notice", "USR1", "--unready-after", "end")
        registry.wait_for("/down")
        counted = clients.count
        until(lambda: clients.count > counted + 10, "some requests")
        clients.end()
        # Silent for long enough, and the check does not hold.
        until(lambda: time.monotonic() > registry.requests[0].when + 7, "seven seconds")
        assert hold.process.poll() is None
        (place / "over").touch()
        assert hold.wait() == (0, "")
    app.log.wait_for(r"^drainit: held for .* \(check; ")
    app.log.wait_for("^drainit: --on-drain PUT http://127.0.0.1:8500/down: done$")
    assert_untouched(app)


def test_a_mistake_is_told_on_its_own_output(bench, app):
    code, own = Hold(bench, app, "--dran", "1s").wait()
    assert code == 125 and "did you mean --drain?" in own
    assert not app.log.matching("drainit")


def test_a_log_that_is_a_socket_is_left_alone(bench, start):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        box = start(["tini-static", "--", bench / "web", "8080"], stderr=theirs.fileno(),
                    pass_fds=(theirs.fileno(),))
        box.out.wait_for("listening")
        code, own = Hold(bench, box, "--drain", "500ms").wait()
        assert code == 0 and "drainit: held for 0.5s" in own
