"""UDP and UNIX sockets: what nobody can see is not taken for silence, and is named."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

import probing
from box import until
from conftest import NOBODY
from hold import Hold, seconds
from traffic import Stop, Traffic

PYTHON = "/usr/bin/python3"
KUBERNETES = {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}

# Listens on each word: a path, @NAME, udp:PORT, tcp:PORT.
LISTENER = """
import os, signal, socket, sys
kept = []
for word in sys.argv[1:]:
    kind, _, port = word.partition(":")
    if kind == "udp":
        kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        kept[-1].bind(("", int(port)))
    elif kind == "tcp":
        kept.append(socket.create_server(("", int(port))))
    else:
        os.makedirs(os.path.dirname(word) or "/", exist_ok=True)
        kept.append(socket.socket(socket.AF_UNIX))
        kept[-1].bind(word.replace("@", chr(0)))
        kept[-1].listen()
print("listens", flush=True)
signal.pause()
"""


def listener(*words):
    return [PYTHON, "-c", LISTENER, *map(str, words)]


def serving(drainit, *options, app, drain="1s..4s", ready=("--ready", "none"), **more):
    box = drainit("--drain", drain, "--log", "json", *ready, *options, app=app, **more)
    if app[0] == PYTHON:
        box.out.wait_for("listens")
    probing.wait_until_ready(box)
    return box


def stopped(box):
    box.signal(signal.SIGTERM)
    box.wait()
    return Stop(box)


def status(box):
    return json.loads(probing.get(box, "/status").body)


# One DNS server in a network of its own: TCP's silence is all that a look shows.
QUERY = (b"\0\1\1\0\0\1\0\0\0\0\0\0\3web\7example\3com\0\0\1\0\1")


def test_tcp_is_silent_and_udp_is_still_asked(drainit, place):
    box = drainit("--drain", "1s..6s", "--until", "quiet:1s", "--log", "json", app=[
        "/usr/sbin/dnsmasq", "-k", "-p", "53", "--no-resolv", "--no-hosts", "--user=root",
        "--address=/web.example.com/10.0.0.1", f"--pid-file={place}/pid"])
    probing.wait_until_ready(box)
    with Traffic(box, port=53) as traffic:
        def ask():
            asker = box.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with asker:
                asker.settimeout(1)
                asker.connect(("127.0.0.1", 53))
                asker.send(QUERY)
                asker.recv(512)
        begun = time.monotonic()
        box.signal(signal.SIGTERM)
        flow = traffic.flow(0.1, ask, ends=begun + 5)
        with box.socket(socket.AF_INET) as tcp:
            tcp.connect(("127.0.0.1", 53))
            tcp.sendall(len(QUERY).to_bytes(2, "big") + QUERY)
            tcp.recv(99)
        probing.wait_for_status(box, 503)
        report = status(box)["window"]
        flow.wait()
    assert not flow.failures, flow.failures[:3]
    box.wait()
    stop = Stop(box)
    assert stop.end == "max" and stop.seconds >= 6, stop
    assert ", held by sockets that cannot be seen" in stop.message
    assert box.log.matching("a UDP or UNIX socket beside TCP, whose arrivals cannot be seen")
    assert report["unseen_sockets"] is True and report["unnamed_udp_port"] is None


@pytest.mark.parametrize("before", [(), NOBODY])
def test_clients_sockets_of_udp_hold_nothing(drainit, bench, before):
    script = ("import socket,subprocess,sys; a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
              "a.connect(('127.0.0.1', 53)); b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
              "b.sendto(b'x', ('127.0.0.1', 8125)); print('listens', flush=True); "
              "subprocess.run([sys.argv[1], '8080'])")
    box = drainit("--drain", "1s..9s", "--until", "quiet:1s", "--log", "json", before=before,
                  app=[PYTHON, "-c", script, bench / "web"])
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    report = status(box)["window"]
    box.wait()
    stop = Stop(box)
    assert stop.end == "quiet" and stop.seconds < 8, stop
    # Where it is a server's after all, this is how it is found.
    assert report["unseen_sockets"] is False and report["unnamed_udp_port"] >= 32768


def test_udp_alone_is_said_to_have_held_the_window(drainit, bench):
    stop = stopped(serving(drainit, drain="1s..3s", app=listener("udp:53")))
    assert stop.end == "max" and stop.seconds >= 3, stop
    assert "held by sockets that cannot be seen" in stop.message


# The range is of the box's own network.
WIDENED = ("sh", "-c", 'echo 1024 65535 >/proc/sys/net/ipv4/ip_local_port_range && exec "$@"', "sh")
IN_THE_RANGE = [(51820, ()), (7777, WIDENED)]


@pytest.mark.parametrize("port, before", IN_THE_RANGE)
def test_a_udp_server_in_the_range_is_named_with_the_remedy(drainit, port, before):
    box = drainit("--grace", "30s", "--ready", "none", app=listener(f"udp:{port}"), env=KUBERNETES, before=before)
    box.out.wait_for("listens")
    box.signal(signal.SIGTERM)
    assert box.wait() == 143
    assert box.log.matching(rf"has nothing but UDP port {port}, .*a server's: --port {port}$")
    assert not box.log.matching("listens on nothing")


@pytest.mark.parametrize("port, before", IN_THE_RANGE)
def test_a_udp_server_in_the_range_that_is_named_keeps_its_window(drainit, port, before):
    stop = stopped(serving(drainit, "--port", port, drain="1s..3s", app=listener(f"udp:{port}"), before=before))
    assert stop.end == "max" and stop.seconds >= 3, stop
    assert "held by sockets that cannot be seen" in stop.message


def php(place, port="{}/fpm.sock"):
    listen = port.format(place)
    (place / "fpm.conf").write_text(
        f"[global]\nerror_log={place}/err\ndaemonize=no\n[www]\nuser=nobody\ngroup=nogroup\n"
        f"listen={listen}\nlisten.mode=0666\npm=static\npm.max_children=2\n")
    (place / "index.php").write_text("<?php header('Content-Length: 5'); echo 'hello';")
    program = shutil.which("php-fpm8.2", path="/usr/sbin") or shutil.which("php-fpm")
    return [program, "-R", "-F", "-y", place / "fpm.conf"]


def nginx(start, box, place):
    """nginx on 8080, in another container of the pod, in front of the UNIX socket."""
    (place / "nginx.conf").write_text(f"""
daemon off; user root; pid {place}/nginx.pid; error_log {place}/nginx.err;
events {{}}
http {{ access_log off; server {{ listen 8080; location / {{
  fastcgi_pass unix:{place}/fpm.sock;
  fastcgi_param SCRIPT_FILENAME {place}/index.php; fastcgi_param REQUEST_METHOD GET;
}} }} }}
""")
    front = start(["/usr/sbin/nginx", "-c", place / "nginx.conf"],
                  network=f"/proc/{box.first}/ns/net")
    until(lambda: os.path.exists(place / "nginx.pid"), "nginx runs")
    return front


@pytest.mark.parametrize("ready", ["file:{}/fpm.sock", "unix:{}/fpm.sock"])
def test_php_fpm_behind_nginx_on_a_unix_socket_loses_nothing(drainit, start, place, ready):
    box = drainit("--grace", "30s", "--ready", ready.format(place), "--log", "json",
                  app=php(place), env=KUBERNETES)
    probing.wait_until_ready(box)
    front = nginx(start, box, place)
    with Traffic(box) as traffic:
        flow = traffic.requests(20)
        until(lambda: flow.count > 3 or flow.failures, "php answers")
        begun = time.monotonic()
        box.signal(signal.SIGTERM)
        flow.ends = begun + 10
        flow.wait()
    assert not flow.failures, (len(flow.failures), flow.failures[:3])
    box.wait()
    stop = Stop(box)
    assert stop.end == "max" and stop.seconds >= 12, stop
    assert "held by sockets that cannot be seen" in stop.message
    front.close()


def test_a_unix_listener_that_nobody_named_keeps_the_window(drainit, place, user):
    stop = stopped(serving(drainit, drain="1s..3s", app=listener(place / "app.sock"), before=user))
    assert stop.end == "max" and "held by sockets that cannot be seen" in stop.message, stop


def test_one_of_a_process_that_cannot_be_read_counts(drainit, place):
    box = serving(drainit, drain="1s..3s", app=["setpriv", *NOBODY[1:], *listener(place / "a.sock")],
                  before=("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-all"),
                  ready=("--ready", f"file:{place}/a.sock"))
    stop = stopped(box)
    assert stop.end == "max", stop


@pytest.mark.parametrize("name", [
    "dotnet-diagnostic-7-1234-socket", ".java_pid7", "pymp-x1/listener-y2", "@abstract"])
def test_a_runtimes_own_and_abstract_ones_hold_nothing(drainit, place, name):
    word = name if name.startswith("@") else place / name
    box = drainit("--grace", "30s", "--ready", "none", app=listener(word), env=KUBERNETES)
    box.out.wait_for("listens")
    box.signal(signal.SIGTERM)
    begun = time.monotonic()
    assert box.wait() == 143
    assert time.monotonic() - begun < 4
    assert box.log.matching("listens on nothing")


def test_another_containers_unix_socket_holds_nothing(drainit, start, place):
    other = start(listener(place / "other.sock"))
    other.out.wait_for("listens")
    box = drainit("--grace", "30s", "--ready", "none", app=["sleep", "60"], env=KUBERNETES,
                  network=f"/proc/{other.first}/ns/net")
    probing.wait_until_ready(box)
    begun = time.monotonic()
    box.signal(signal.SIGTERM)
    box.wait()
    assert time.monotonic() - begun < 4
    other.close()


def test_a_unix_socket_beside_tcp_holds_where_it_was_named(drainit, place):
    app = listener("tcp:9100", place / "app.sock")
    options = ("--until", "quiet:1s")
    stop = stopped(serving(drainit, *options, drain="1s..4s", app=app))
    assert stop.end == "quiet", stop
    for named in (("--port", place / "app.sock"), ("--ready", f"unix:{place}/app.sock"),
                  ("--ready", f"file:{place}/app.sock")):
        (place / "app.sock").unlink(missing_ok=True)
        stop = stopped(serving(drainit, *options, *named, drain="1s..4s", app=app, ready=()))
        assert stop.end == "max" and "sockets that cannot be seen" in stop.message, (named, stop)


def test_a_ready_check_that_asks_the_app_keeps_the_window(drainit, start, bench):
    # The server is out of sight: another container's.
    other = start([bench / "web", "8080"])
    other.out.wait_for("listening")
    box = drainit("--drain", "1s..3s", "--grace", "30s", "--ready", "tcp:8080", "--log", "json",
                  app=["sleep", "60"], network=f"/proc/{other.first}/ns/net")
    probing.wait_until_ready(box)
    stop = stopped(box)
    assert stop.end == "max", stop
    other.close()


def test_unix_is_a_check(drainit, place):
    box = drainit("--ready", f"unix:{place}/app.sock", "--live", "unix:@alive",
                  app=["sleep", "600"])
    probing.wait_for_status(box, 503)
    until(lambda: "(not there)" in probing.get(box).text, "it has been asked for")
    assert probing.get(box, "/livez").status == 503
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place / "app.sock"))
        assert until(lambda: "connection refused" in probing.get(box).text, "it is refused")
        made.listen(0)
        probing.wait_until_ready(box)
        made.close()
        probing.wait_for_status(box, 503)
    os.unlink(place / "app.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(place / "app.sock"))
        probing.wait_until_ready(box)
    box.close()


def test_unix_is_what_probe_asks_and_start_waits_for(drainit, bench, place):
    box = drainit("--start-after", f"unix:{place}/first.sock", "--ready", "none", app=["sleep", "60"])
    box.log.wait_for("waiting for unix:")
    probe = [bench / "drainit", "--probe", f"unix:{place}/first.sock"]
    asked = subprocess.run(probe, capture_output=True, text=True, check=False)
    assert asked.returncode == 1 and "not there" in asked.stderr
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place / "first.sock"))
        made.listen()
        box.log.wait_for("started")
        assert subprocess.run(probe, check=False).returncode == 0
    box.close()


def test_port_takes_a_path_and_the_gate_waits_for_it(drainit, place):
    box = drainit("--port", place / "app.sock", app=["sleep", "60"])
    assert "unix:" in probing.wait_for_status(box, 503).text
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place / "app.sock"))
        made.listen()
        probing.wait_until_ready(box)
    box.close()


@pytest.mark.parametrize("word, told, body", [
    ("a.sock", r"has no TCP listener, but a UNIX socket; .*--ready unix:{}/a.sock$",
     "a UNIX socket: --ready unix:PATH?"),
    ("udp:53", r"has no TCP listener, but UDP port 53; .*--ready none --port 53$",
     "UDP port 53: --ready none?")])
def test_who_waits_in_vain_for_a_listener_is_told_what_to_give(drainit, place, word, told, body):
    app = listener(word if ":" in word else place / word)
    box = drainit(app=app)
    box.log.wait_for(told.format(place), deadline=20)
    assert body in probing.get(box).text
    time.sleep(6)
    assert len(box.log.matching("has no TCP listener")) == 1
    box.close()


def test_hold_waits_for_a_unix_socket_and_for_udp(start, bench, place):
    for app in (listener(place / "app.sock"), listener("udp:53")):
        box = start(app)
        box.out.wait_for("listens")
        code, _ = Hold(bench, box, "--drain", "1s..3s").wait()
        assert code == 0 and seconds(box) >= 3
        box.close()


def test_hold_lets_a_process_without_any_go(start, bench):
    box = start(["sleep", "600"])
    code, _ = Hold(bench, box, "--grace", "30s", env=KUBERNETES).wait()
    assert code == 0
    box.log.wait_for(r"held for \S+ \(no-listener")
    box.close()


WSGI = "def app(environ, start):\n    start('200 OK', [('Content-Length', '2')])\n    return [b'ok']\n"


@pytest.mark.parametrize("server, query, answer", [
    ("redis", b"PING\r\n", b"+PONG"), ("gunicorn", b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.")])
def test_servers_on_a_unix_socket_alone_answer_through_the_window(
        drainit, place, server, query, answer):
    (place / "wsgi.py").write_text(WSGI)
    app = {
        "redis": ["/usr/bin/redis-server", "--port", "0", "--save", "", "--dir", place,
                  "--unixsocket", place / "app.sock"],
        "gunicorn": ["/usr/bin/gunicorn", "--chdir", place, "--bind", f"unix:{place}/app.sock",
                     "--worker-tmp-dir", place, "wsgi:app"],
    }[server]
    box = drainit("--drain", "1s..4s", "--log", "json", "--port", place / "app.sock", app=app)
    probing.wait_until_ready(box)
    begun = time.monotonic()
    box.signal(signal.SIGTERM)
    while time.monotonic() < begun + 3.5:
        with socket.socket(socket.AF_UNIX) as made:
            made.settimeout(5)
            made.connect(str(place / "app.sock"))
            made.sendall(query)
            assert made.recv(99).startswith(answer)
        time.sleep(0.1)
    assert box.wait() == 0
    stop = Stop(box)
    assert stop.end == "max" and stop.seconds >= 4, stop
