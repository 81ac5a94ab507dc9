"""The gate: nobody is sent here before the app can answer, and it tells when it no longer can."""

import signal
import time

import pytest

import probing
from box import until

EVERY = ("--ready-every", "100ms")


def served(box, port=8080):
    return int(probing.get(box, "/served", port).text)


def test_by_default_it_opens_when_the_app_listens(drainit, user):
    box = drainit(*EVERY, app=["web", "--wait-for-usr1", "8080"], before=user)
    box.out.wait_for("web: waiting")
    answer = probing.wait_for_status(box, 503)
    assert answer.text.startswith("starting: waiting for ")
    assert answer.text.count("\n") == 1
    assert probing.get(box, "/startupz").status == 503
    assert probing.get(box, "/livez").status == 200
    box.signal(signal.SIGUSR1)
    box.out.wait_for("listening")
    probing.wait_until_ready(box)
    assert probing.get(box, "/startupz").status == 200


def test_drainits_own_listener_is_not_the_apps(drainit):
    box = drainit(*EVERY, app=["sleep", "600"])
    probing.wait_for_status(box, 503)
    # Ten times as long as it would take to be mistaken.
    until_asked_often(box, 503, 10)


def until_asked_often(box, status, times):
    for _ in range(times):
        assert probing.get(box).status == status
        time.sleep(0.1)


def test_another_containers_listener_is_not_the_apps(drainit, start, bench):
    pod = start([bench / "web", "7070"])
    pod.out.wait_for("listening")
    box = drainit(*EVERY, app=["sleep", "600"], network=f"/proc/{pod.first}/ns/net")
    probing.wait_for_status(box, 503)
    until_asked_often(box, 503, 10)


def test_a_listener_of_any_of_the_apps_processes_counts(drainit, bench):
    box = drainit(*EVERY, app=["sh", "-c", f"sh -c 'setsid {bench}/web 8080 & wait' & wait"])
    probing.wait_until_ready(box)


def test_an_app_that_dropped_its_rights_counts(drainit, bench):
    # gosu's and su-exec's way: drainit is root without CAP_SYS_PTRACE, the app somebody else.
    box = drainit(*EVERY, before=("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-all"), app=[
        "setpriv", "--reuid=33", "--regid=33", "--clear-groups", str(bench / "web"), "8080"])
    probing.wait_until_ready(box)


def test_every_port_that_is_named_must_listen(drainit):
    box = drainit(*EVERY, "--port", "8080", "--port", "8081", app=["web", "8080"])
    box.out.wait_for("listening on 8080")
    answer = probing.wait_for_status(box, 503)
    assert "8081" in answer.text or "listening" in answer.text
    until_asked_often(box, 503, 5)
    box = drainit(*EVERY, "--port", "8080", "--port", "8081", app=["web", "8080", "8081"])
    probing.wait_until_ready(box)


def test_an_ipv4_listener_counts_as_well(drainit):
    probing.wait_until_ready(drainit(*EVERY, app=["web", "--ipv4", "8080"]))


@pytest.mark.parametrize("check", ["tcp:8080", "tcp:127.0.0.1:8080", "tcp:[::1]:8080",
                                   "tcp:localhost:8080"])
def test_tcp_holds_when_a_connect_succeeds(drainit, check):
    box = drainit(*EVERY, "--ready", check, app=["web", "--wait-for-usr1", "8080"])
    box.out.wait_for("web: waiting")
    probing.wait_for_status(box, 503)
    box.signal(signal.SIGUSR1)
    probing.wait_until_ready(box)


@pytest.mark.parametrize("status, holds", [(200, True), (204, True), (399, True), (400, False),
                                           (404, False), (500, False), (503, False)])
def test_http_holds_for_200_to_399(drainit, status, holds):
    box = drainit(*EVERY, "--ready", f"http://127.0.0.1:8080/status/{status}", app=["web", "8080"])
    if holds:
        probing.wait_until_ready(box)
    else:
        box.out.wait_for("listening")
        until(lambda: served(box) >= 3, "it was asked three times")
        assert probing.get(box).status == 503
        assert probing.get(box, "/startupz").status == 503


def test_none_holds_at_once(drainit):
    box = drainit("--ready", "none", app=["sleep", "600"])
    probing.wait_until_ready(box)


def test_all_checks_must_hold(drainit):
    box = drainit(*EVERY, "--ready", "tcp:8080", "--ready", "http://127.0.0.1:8081/",
                  app=["web", "8080"])
    box.out.wait_for("listening")
    answer = probing.wait_for_status(box, 503)
    assert "http://127.0.0.1:8081/" in answer.text
    until_asked_often(box, 503, 5)


def test_warmup_is_waited_for_after_the_checks(drainit):
    box = drainit(*EVERY, "--warmup", "1500ms", app=["web", "8080"])
    listening = box.out.time_of("listening")
    probing.wait_until_ready(box)
    assert time.monotonic() - listening >= 1.4


def test_successes_are_counted_in_a_row(drainit):
    box = drainit("--ready-every", "400ms", "--ready-successes", "4", app=["web", "8080"])
    listening = box.out.time_of("listening")
    probing.wait_until_ready(box)
    assert time.monotonic() - listening >= 1.1


def test_once_open_a_check_runs_only_when_somebody_asks(drainit):
    box = drainit("--ready-every", "50ms", "--ready", "http://127.0.0.1:8080/", app=["web", "8080"])
    probing.wait_until_ready(box)
    first = served(box)
    # Nothing can be waited for where nothing must happen: twenty times its period.
    time.sleep(1)
    assert served(box) <= first + 2
    probing.get(box)
    assert served(box) >= first + 2


def test_many_that_ask_at_once_share_one_check(drainit):
    box = drainit("--ready-every", "10s", "--ready", "http://127.0.0.1:8080/", app=["web", "8080"])
    probing.wait_until_ready(box)
    first = served(box)
    for _ in range(50):
        assert probing.get(box).status == 200
    assert served(box) <= first + 2


def test_an_app_that_no_longer_listens_is_not_ready_but_alive(drainit):
    box = drainit(*EVERY, app=["web", "--on-stop", "hang", "8080"])
    probing.wait_until_ready(box)
    box.signal(signal.SIGQUIT)
    answer = probing.wait_for_status(box, 503)
    assert answer.text.startswith("not ready: ")
    assert probing.get(box, "/livez").status == 200
    assert probing.get(box, "/startupz").status == 200


def test_a_check_that_hangs_fails_after_its_timeout(drainit):
    box = drainit(*EVERY, "--check-timeout", "300ms", "--ready", "http://127.0.0.1:8080/slow/60000",
                  app=["web", "8080"])
    box.out.wait_for("listening")
    begun = time.monotonic()
    answer = probing.wait_for_status(box, 503)
    assert time.monotonic() - begun < 3, answer
    until_asked_often(box, 503, 10)
    assert probing.get(box, "/livez").status == 200


def test_a_check_to_a_wall_delays_no_other_answer(drainit):
    # 192.0.2.1 is nowhere (RFC 5737): in a network of loopback alone the connect fails or hangs.
    box = drainit("--check-timeout", "5s", "--ready", "tcp:192.0.2.1:80", app=["web", "8080"])
    box.out.wait_for("listening")
    for _ in range(20):
        begun = time.monotonic()
        assert probing.get(box, "/livez").status == 200
        assert time.monotonic() - begun < 3


def test_the_log_says_when_the_gate_opened(drainit):
    box = drainit(*EVERY, app=["web", "8080"])
    probing.wait_until_ready(box)
    box.log.wait_for("^drainit: .*ready")


SECRETIVE = r"""
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        right = self.headers["Authorization"] == "Bearer s3cret" and self.path == "/x?key=qu3ry"
        self.send_response(204 if right else 403)
        self.end_headers()
http.server.HTTPServer(("", 8080), Page).serve_forever()
"""


def test_a_checks_header_and_query_are_sent_and_never_shown(drainit):
    box = drainit(*EVERY, "-v", "-v", "--check-header", "Authorization: Bearer s3cret",
                  "--ready", "http://127.0.0.1:8080/x?key=qu3ry", "--ready", "http://127.0.0.1:1/?key=qu3ry",
                  app=["/usr/bin/python3", "-u", "-c", SECRETIVE])
    verbose = probing.wait_for_status(box, 503, "/readyz?verbose").text
    until(lambda: "[+]http://127.0.0.1:8080/x" in probing.get(box, "/readyz?verbose").text, "it holds")
    box.signal(signal.SIGTERM)
    box.wait()
    shown = verbose + box.log.text().replace("GET /x?key=qu3ry", "")
    assert "s3cret" not in shown and "qu3ry" not in shown
