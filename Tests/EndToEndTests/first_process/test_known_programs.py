"""Real servers get the signal that they understand as "finish what you have", whatever came.

Each is run as its image runs it, with a request in flight over the moment of its stop: a server that
is told wrongly cuts it.
"""

import glob
import os
import re
import shutil
import signal
import struct
import threading

import pytest

import probing
from conftest import FIXTURES
from box import signal_set, status_of, until

BIG = 400_000  # bytes, at 100 kB/s: a request of four seconds


class Program:
    """How a server is run, and how a request that lasts a few seconds is made to it."""

    port = 8080
    before = ()
    window = 2
    #: What it says when it is up; before that it does not know its signals yet.
    up = ""
    #: What its image has as STOPSIGNAL, and what it must be sent at the end of the window.
    own = signal.SIGQUIT

    def __init__(self, place, bench):
        self.place, self.bench = place, bench
        self.prepare()

    def write(self, name, text):
        path = self.place / name
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    def big_file(self):
        www = self.place / "www"
        www.mkdir()
        (www / "big").write_bytes(b"x" * BIG)
        return str(www)

    def wait_until_up(self, box):
        box.log.wait_for(self.up)

    def request(self, box):
        """Makes the slow request; true if the whole answer came."""
        return len(probing.get(box, "/big", port=self.port).body) == BIG


class Nginx(Program):
    name, up = "nginx", "start worker process"

    def prepare(self):
        temporary = "\n".join(f"{kind}_temp_path {self.place}/{kind};" for kind in
                              ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        self.command = ["nginx", "-c", self.write("nginx.conf", f"""
            daemon off; pid {self.place}/pid; error_log stderr notice; user root;
            events {{}}
            http {{ access_log off; {temporary}
              server {{ listen {self.port}; root {self.big_file()};
                location /big {{ limit_rate 100k; }} }} }}""")]


class Apache(Program):
    name, own, up = "apache2", signal.SIGWINCH, "resuming normal operations"

    def prepare(self):
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                            for name in ("mpm_event", "authz_core", "ratelimit", "env"))
        www = self.big_file()
        self.command = ["apache2", "-DFOREGROUND", "-f", self.write("apache.conf", f"""
            ServerRoot /etc/apache2
            ServerName localhost
            DefaultRuntimeDir {self.place}
            Mutex file:{self.place}
            PidFile {self.place}/pid
            ErrorLog /dev/stderr
            LogLevel notice
            Listen {self.port}
            {modules}
            User www-data
            Group www-data
            DocumentRoot {www}
            <Directory {www}>
              Require all granted
            </Directory>
            <Location /big>
              SetOutputFilter RATE_LIMIT
              SetEnv rate-limit 100
            </Location>""")]


class HAProxy(Program):
    name, own, up = "haproxy", signal.SIGUSR1, "Loading success"

    def prepare(self):
        self.command = ["sh", "-c", f'("{self.bench}/web" 8081 >/dev/null &); exec haproxy -W -f ' +
                        self.write("haproxy.cfg", f"""
global
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend all
  bind :{self.port}
  default_backend web
backend web
  server one 127.0.0.1:8081
""")]

    def wait_until_up(self, box):
        # The master says so before its worker can take a signal.
        super().wait_until_up(box)
        assert probing.get(box, port=self.port).status == 200

    def request(self, box):
        return probing.get(box, "/slow/4000", port=self.port).text == "ok\n"


class PHP(Program):
    # Debian's has its version in its name.
    name = os.path.basename(max(glob.glob("/usr/sbin/php-fpm?.?"), default="php-fpm"))
    port, up = 9000, "ready to handle connections"

    def prepare(self):
        self.script = self.write("slow.php", """<?php
$end = microtime(true) + 4;
while (microtime(true) < $end) usleep(10000);  // a signal cuts one short
echo 'whole';""")
        self.command = [self.name, "-F", "-n", "-R", "-y", self.write("fpm.conf", f"""
[global]
error_log = /dev/stderr
process_control_timeout = 20s
[www]
user = www-data
listen = 127.0.0.1:{self.port}
pm = static
pm.max_children = 2
""")]

    def request(self, box):
        """A FastCGI request: begin, parameters, an empty standard input; the answer until the end."""

        def record(kind, content):
            return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content

        parameters = {"SCRIPT_FILENAME": self.script, "REQUEST_METHOD": "GET"}
        pairs = b"".join(struct.pack("BB", len(name), len(value)) + name.encode() + value.encode()
                         for name, value in parameters.items())
        with box.connect(self.port) as connection:
            connection.sendall(record(1, b"\0\1\0\0\0\0\0\0") + record(4, pairs) + record(4, b"")
                               + record(5, b""))
            return b"whole" in probing.read_all(connection)


class Postgres(Program):
    name, port, own, window = "postgres", 5432, signal.SIGINT, 6
    up = "ready to accept connections"
    before = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")

    def prepare(self):
        tools = sorted(os.listdir("/usr/lib/postgresql"))[-1]
        self.tools = f"/usr/lib/postgresql/{tools}/bin"
        self.command = ["sh", "-c", f"""
            {self.tools}/initdb --no-sync -A trust -D {self.place}/data >/dev/null &&
            exec {self.tools}/postgres -D {self.place}/data -p {self.port} \
              -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.place} -c fsync=off"""]

    def request(self, box):
        # Within the window: what is still open at its end, postgres cuts by its own definition.
        done = box.run_inside(f"{self.tools}/psql", "-h", "127.0.0.1", "-U", "postgres", "-Atc",
                              "select pg_sleep(1), 'whole'")
        return "whole" in done.stdout


class Lighttpd(Program):
    name, own, up = "lighttpd", signal.SIGINT, "server started"

    def prepare(self):
        self.command = ["lighttpd", "-D", "-f", self.write("lighttpd.conf", f"""
            server.port = {self.port}
            server.document-root = "{self.big_file()}"
            connection.kbytes-per-second = 100""")]


class Unicorn(Program):
    name, up = "unicorn", "worker=0 ready"

    def prepare(self):
        self.command = ["unicorn", "--port", str(self.port), self.write("config.ru", """
            run ->(_) { sleep 4; [200, {'content-type' => 'text/plain'}, ['whole']] }""")]

    def request(self, box):
        # It may be in chunks.
        return "whole" in probing.get(box, "/", port=self.port).text


class UWSGI(Program):
    """It is in no table: what SIGTERM is to it is set up, and no other signal lets requests end."""

    name, own, window, up = "uwsgi", signal.SIGTERM, 0, "spawned uWSGI worker 1"

    def prepare(self):
        self.command = ["uwsgi", "--master", "--plugin", "python3", "--http-socket", f":{self.port}",
                        "--wsgi-file", self.write("app.py", """
import sys, time
def application(environ, start_response):
    print("asked", file=sys.stderr, flush=True)
    time.sleep(3)
    start_response("200 OK", [("Content-Length", "5")])
    return [b"whole"]
""")]

    def request(self, box):
        return probing.get(box, "/", port=self.port).text == "whole"


PROGRAMS = [Nginx, Apache, HAProxy, PHP, Postgres, Lighttpd, Unicorn]


@pytest.fixture(params=PROGRAMS, ids=lambda program: program.name)
def server(request, place, bench):
    """One of the servers, ready to be run. Its log is cleaned of what only the machine lacks."""
    made = request.param(place, bench)
    assert shutil.which(made.command[0]), f"{made.command[0]} is not installed"
    return made


class Request(threading.Thread):
    """The slow request, in the background; `whole` is what became of it."""

    def __init__(self, server, box):
        super().__init__(daemon=True)
        self._server, self._box, self.whole = server, box, None
        self.start()

    def run(self):
        try:
            self.whole = self._server.request(self._box)
        except (OSError, AssertionError) as error:
            self.whole = error

    def assert_whole(self):
        self.join(60)
        assert self.whole is True, f"the request in flight was cut: {self.whole!r}"


def run(server, drainit, *options):
    box = drainit("--drain", f"{server.window}s", "--port", str(server.port), *options,
                  app=server.command, before=server.before)
    server.wait_until_up(box)
    probing.wait_until_ready(box)
    # It may say that it is up while its own signal would still be its end.
    until(lambda: caught(box.app) & signal_set(server.own), "it knows its signal")
    return box


def caught(pid):
    """The signals that the process has handlers for."""
    return int(status_of(pid)["SigCgt"], 16)


@pytest.mark.parametrize("own", [False, True], ids=["SIGTERM", "its own STOPSIGNAL"])
def test_a_real_server_is_drained_and_told_to_finish(server, drainit, own):
    box = run(server, drainit)
    box.signal(server.own if own else signal.SIGTERM)
    probing.wait_for_status(box, 503)
    request = Request(server, box)
    box.log.wait_for(f"{server.own.name} to {re.escape(server.name)}")
    request.assert_whole()
    assert box.wait() == 0
    assert box.log.matching(f"^drainit: drained in {server.window}")


def test_one_that_is_given_to_its_interpreter_is_told_by_an_option(drainit, place, bench):
    server = Unicorn(place, bench)
    server.command = ["ruby", "-S", *server.command]
    box = run(server, drainit, "--stop-signal", "QUIT")
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    request = Request(server, box)
    box.log.wait_for("SIGQUIT to ruby")
    request.assert_whole()
    assert box.wait() == 0


# SIGINT from outside is a drain signal for every program, by the table or not.
by_the_table_alone = pytest.mark.parametrize(
    "server", [program for program in PROGRAMS if program.own is not signal.SIGINT], indirect=True,
    ids=lambda program: program.name)


@by_the_table_alone
def test_an_option_about_signals_turns_the_table_off(server, drainit):
    box = run(server, drainit, "--drain-signal", "TERM", "--drain", "60s")
    box.signal(server.own)
    assert box.wait() == 0
    assert not box.log.matching("draining")


@pytest.mark.parametrize("hook, code", [
    (["--hook-master-start", "unix_signal:15 gracefully_kill_them_all"], 0), ([], 128 + signal.SIGKILL),
], ids=["with its hook", "as it comes"])
def test_uwsgi_ends_where_it_is_told_what_sigterm_is(drainit, place, bench, hook, code):
    server = UWSGI(place, bench)
    server.command += hook
    box = run(server, drainit, "--stop-timeout", "12s")
    request = Request(server, box)
    box.log.wait_for("^asked")
    box.signal(signal.SIGTERM)
    assert box.wait() == code
    if hook:
        request.assert_whole()
    # As it comes it is up once more, and has to be killed.
    assert len(box.log.matching(server.up)) == (1 if hook else 2)


def test_a_jvm_is_asked_for_its_threads_and_lives(drainit):
    java = shutil.which("java")
    if not java:
        pytest.skip("no java here")
    box = drainit("--drain", "60s", "--ready", "none", "--port", "1", app=[
        java, "-Xint", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", str(FIXTURES), "--source", "17",
        str(JVM)])
    box.out.wait_for("^running", deadline=120)
    box.signal(signal.SIGQUIT)
    box.out.wait_for("Full thread dump")
    probing.wait_until_ready(box)
    until(lambda: box.is_running, "it runs")
    assert probing.get(box).status == 200


JVM = str(FIXTURES / "Sleeper.java")


@by_the_table_alone
def test_without_the_table_its_signal_is_forwarded_as_any_other(server, drainit):
    box = run(server, drainit, "--known-programs", "off", "--drain", "60s")
    box.signal(server.own)
    assert box.wait() == 0
    assert not box.log.matching("draining")
