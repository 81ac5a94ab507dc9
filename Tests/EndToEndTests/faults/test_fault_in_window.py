"""What a window was about to come to it comes to after a fault, too: who has seen what, and what is told of it."""

import signal
import time

import probing
from test_second_life import CAME_BACK, serve


def test_who_has_seen_it_fail_need_not_see_it_again(drainit, fault):
    box = serve(drainit, "--drain", "3s..30s", "--until", "quiet:1s", "--until", "probed:2")

    def probe(status):
        with box.connect(probing.PORT) as made:
            made.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nUser-Agent: ELB-HealthChecker/2.0\r\n\r\n")
            assert f" {status} ".encode() in probing.read_all(made)

    probe(200)
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    probe(503)
    probe(503)
    assert fault(box.pid).returncode == 0
    box.log.wait_for(CAME_BACK)
    assert box.wait() == 0
    assert box.log.matching(r"window over \(probed\)"), box.log.text()
    assert 3 <= box.wait_time() - sent < 12


def test_what_the_window_has_shown_is_told_after_a_fault_in_the_stop(drainit, fault):
    box = drainit("--drain", "2s", "--stop-timeout", "3s", "--port", "8080", app=["signals", "--listen", "8080"])
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    # What was there when the observer's first answer came is no arrival.
    time.sleep(0.5)
    box.connect(8080).close()
    box.out.wait_for("^TERM ")
    assert fault(box.pid).returncode == 0
    box.log.wait_for(CAME_BACK)
    # This app ignores its stop signal.
    assert box.wait() == 128 + signal.SIGKILL
    assert box.log.matching(r"^drainit: drained in 2.* \(max\): 1 late arrival"), box.log.text()
