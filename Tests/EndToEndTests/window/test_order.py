"""What is decided at the drain signal is done in that order, once, and nothing of it after the stop."""

import os
import re
import signal
import threading
import time

import pytest

import probing
from box import cpu_seconds, until


def netlink(box):
    """How many sockets drainit itself holds: with a watch there is one of netlink more."""
    held = 0
    for number in os.listdir(f"/proc/{box.pid}/fd"):
        try:
            held += os.readlink(f"/proc/{box.pid}/fd/{number}").startswith("socket:")
        except FileNotFoundError:
            pass
    return held


def test_a_worker_hears_the_notice_before_its_stop(drainit, place):
    """It listens on nothing, so both come in the same moment."""
    # By drainit's own calls: an app that finds both waiting is told of them by their numbers.
    trace = place / "trace"
    box = drainit("--drain-notice", "USR1", app=["signals", "TERM=0"], under_init=True,
                  before=("strace", "-qq", "-e", "trace=kill,rt_sigqueueinfo", "-o", str(trace)))
    box.out.wait_for("^ready")
    probing.wait_for_status(box, 200, "/livez")
    os.kill(until(lambda: box.named("drainit"), "drainit")[0], signal.SIGTERM)
    assert box.wait() == 0
    assert re.findall(r"SIG(USR1|TERM)\)", trace.read_text()) == ["USR1", "TERM"]


def test_the_stop_by_live_begins_no_watch(drainit, place):
    """`--live` is answered in the same moment, and ends a window whose minimum is nothing."""
    (place / "hung").touch()
    box = drainit("--drain", "0s..8s", "--live", f"absent:{place}/hung", "--stop-timeout", "3s",
                  app=["signals", "--listen", "8080"])
    probing.wait_until_ready(box)
    serving = netlink(box)
    box.signal(signal.SIGTERM)
    box.out.wait_for("^TERM ")
    # The app ignores its stop signal, and a watch would go on until it is killed.
    for _ in range(20):
        assert netlink(box) == serving
        time.sleep(0.05)
    assert box.wait() == 128 + signal.SIGKILL


# A server that answers, and does not stop when it is told to.
DEAF = """
import http.server, signal
signal.signal(signal.SIGTERM, lambda *_: print("TERM came", flush=True))
http.server.ThreadingHTTPServer(("", 8080), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.mark.parametrize("check", ["file:go", "exec:true", "exec:false"])
def test_while_the_app_stops_drainit_does_nothing(drainit, place, check):
    """A check of --until is asked while the traffic is silent, and not any more after the window."""
    (place / "go").touch()
    box = drainit("--drain", "500ms..4s", "--until", "quiet:500ms", "--until", check, "--stop-timeout", "3s",
                  "--ready", "tcp:8080", app=["/usr/bin/python3", "-c", DEAF], cwd=str(place))
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    come_and_go(box)
    box.out.wait_for("^TERM ")
    box.log.wait_for("window over")
    used = cpu_seconds(box)
    time.sleep(2)
    # It waits for the app, which ignores its stop signal.
    assert cpu_seconds(box) - used < 0.2
    assert box.wait() == 128 + signal.SIGKILL


def come_and_go(box):
    """A few clients after the drain signal, so that a silence means something; how many."""
    # Whoever reads it comes after all that the signal has led to; what comes while the first look is read
    # may pass for an old connection.
    probing.wait_for_status(box, 503)
    time.sleep(0.3)
    for _ in range(5):
        box.connect(8080).close()
        time.sleep(0.05)
    return 5


class Asker:
    """Asks a page again and again, as a prober does, until it is left."""

    def __init__(self, box, path):
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(box, path), daemon=True)

    def _run(self, box, path):
        while not self._ends.wait(0.2):
            try:
                probing.get(box, path)
            except (OSError, AssertionError):
                pass

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()


TARGET = "http://127.0.0.1:8080/"


@pytest.mark.parametrize("role, options", [
    ("ready", ("--ready", TARGET, "--unready-after", "end")),
    ("live", ("--live", TARGET)),
    ("until", ("--until", "quiet:1s", "--until", TARGET)),
    ("start-after", ("--start-after", "http://127.0.0.1:8081/",)),
    ("on-ready", ("--on-ready", f"GET {TARGET}")),
    ("on-drain", ("--on-drain", f"GET {TARGET}")),
    ("on-exit", ("--on-exit", f"GET {TARGET}"))])
def test_no_role_of_drainits_own_is_traffic(drainit, start, bench, role, options):
    """Each asks the app's own port in a window without any client."""
    box = drainit("--drain", "1s..4s", "--ready-every", "200ms", *options, app=["web", "8080"])
    if role == "start-after":
        other = start([bench / "web", "8081"], network=f"/proc/{box.first}/ns/net")
        other.out.wait_for("listening")
    probing.wait_until_ready(box)
    with Asker(box, "/readyz" if role == "ready" else "/metrics"):
        box.signal(signal.SIGTERM)
        # A check of --until is asked in a silence that means something: after others have come.
        clients = come_and_go(box) if role == "until" else 0
        assert box.wait() == 0
    line = box.log.wait_for(r"^drainit: drained in .*").group(0)
    assert f" {clients} late arrivals" in line, line
    assert ("(check" if role == "until" else "(max)") in line, line
