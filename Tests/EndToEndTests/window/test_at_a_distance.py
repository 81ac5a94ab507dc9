"""What is idle and what is in flight, told apart at a true round trip: real servers, real clients.

Each kind of connection is used right before the drain signal. Idle ones do not hold the window; what a request waits
for comes before the app is told to stop.
"""

import pathlib
import signal
import socket
import subprocess
import time

import pytest

import probing
import servers
from box import until
from distance import SERVER, Asked
from traffic import Stop

PORT = 8080
#: Longer than the silence that the arrivals of `come_and_go` ask for.
SLOW = 12
#: From an answer to the next request: what comes within two round trips and 50 ms may be what the client's
#: protocol says to the answer, and holds for five seconds only.
# Longer than two round trips of a busy machine: within them a request looks like an answer's answer.
PAUSE = 1.5
PYTHON = "/usr/bin/python3"
#: One way, to idle clients: what they say to an answer may take two round trips and 50 ms, which a client that waits
#: for a busy machine's CPU takes, too.
FAR = 0.05
# As Kubernetes' own window, but no test waits for its maximum where it ends early.
WINDOW = "1s..25s"


def protocols(kind, *ping):
    return lambda place: [PYTHON, servers.bare(place) / "protocols.py", "serve", kind, PORT, *ping]


def of(server):
    return lambda place: server(PORT, place)


def behind(configuration):
    """A server that passes to one that takes its time; only the first one's port is watched."""
    def command(place):
        app = f"{PYTHON} {servers.bare(place)}/protocols.py serve http 8081"
        return ["/bin/sh", "-c", f"{app} & exec {configuration(place)}"]
    return command


def nginx(listen):
    def command(place):
        words = servers.nginx(PORT, place)
        path = place / "nginx.conf"
        if listen == "ssl":
            certificate(place)
            pem = f"ssl_certificate {place}/cert; ssl_certificate_key {place}/key;"
        else:
            pem = ""
        path.write_text(path.read_text().replace(
            f"listen {PORT};", f"listen {PORT} {listen}; {pem} location / {{ proxy_pass http://127.0.0.1:8081; }}"))
        return " ".join(map(str, words))
    return behind(command)


def certificate(place):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "2",
                    "-keyout", place / "key", "-out", place / "cert"], check=True, capture_output=True)


def caddy(place):
    (place / "Caddyfile").write_text(f"""
{{
  admin off
  auto_https off
}}
http://:{PORT} {{
  reverse_proxy 127.0.0.1:8081
}}
""")
    return f"env HOME={place} caddy run --adapter caddyfile --config {place}/Caddyfile"


def apache_prefork(place):
    servers.apache(PORT, place)
    path = place / "apache.conf"
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                        for name in ("proxy", "proxy_http"))
    path.write_text(path.read_text().replace("mpm_event", "mpm_prefork") + f"""
        {modules}
        User www-data
        ProxyPass / http://127.0.0.1:8081/""")
    return f"apache2 -f {path} -DFOREGROUND"


def postgres(place):
    tools = sorted(pathlib.Path("/usr/lib/postgresql").iterdir())[-1] / "bin"
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "sh", "-c", f"""
        {tools}/initdb --no-sync -A trust -D {place}/data >/dev/null &&
        echo 'host all all all trust' >>{place}/data/pg_hba.conf &&
        exec {tools}/postgres -D {place}/data -p {PORT} -c listen_addresses='*' -c fsync=off \
          -c unix_socket_directories={place}"""]


def psql(then=""):
    """A session that is kept."""
    script = f"(echo \"select 'idle';\"; {then} sleep 60) | psql -AtX -h {SERVER} -p {PORT} -U postgres"
    return program("/bin/sh", "-c", script)


def redis(place):
    return ["redis-server", "--port", PORT, "--bind", "0.0.0.0", "--protected-mode", "no", "--save", ""]


def run(drainit, command, *options, **more):
    box = drainit("--log", "json", "--drain", WINDOW, "--port", PORT, *options, app=command, **more)
    probing.wait_until_ready(box)
    if "8081" in str(command):
        until(lambda: box.can_connect(8081), "the server behind it listens")
    return box


def connections(box):
    return len(box.run_inside("ss", "-Htn", "state", "connected", f"( sport = :{PORT} )").stdout.splitlines())


def come_and_go(box, count=30):
    """Clients after the drain signal, so that a silence means something."""
    for _ in range(count):
        with box.connect(PORT):
            pass
        time.sleep(0.05)


def drain(box):
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    time.sleep(0.3)
    come_and_go(box)


def once(made, what, end=b"ok\n"):
    made.sendall(what)
    got = b""
    while not got.endswith(end):
        piece = made.recv(65536)
        assert piece, f"closed after {got!r}"
        got += piece


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: a-name-of-some-length\r\n\r\n".encode()


def raw(what, end=b"ok\n"):
    def open_one(far):
        made = far.connect()
        once(made, what, end)
        return made
    return open_one


def program(*words):
    """A client that says "idle" on a line of its own."""
    def open_one(far):
        made = far.run([str(word) for word in words])
        until(lambda: made.out.matching("^idle") or made.log.matching("^idle"), "it is idle")
        return made
    return open_one


def client(kind):
    fixture = servers.FOLDER / "protocols.py"
    return program(PYTHON, fixture, "idle", kind, SERVER, PORT)


def node_http2(far):
    return program("node", "-e", f"""
        const request = require('http2').connect('http://{SERVER}:{PORT}').request({{ ':path': '/' }});
        request.on('end', () => console.log('idle')); request.resume(); request.end();""")(far)


def curl_http2(far):
    """Its second request comes half a minute after its first, on the same connection."""
    url = f"http://{SERVER}:{PORT}/"
    return program("curl", "-sS", "--http2-prior-knowledge", "--rate", "2/m", "-w", "%{stderr}idle\\n", url, url)(far)


def h2load(far):
    script = f"0\\thttp://{SERVER}:{PORT}/\\n40000\\thttp://{SERVER}:{PORT}/\\n"
    made = far.run(["/bin/sh", "-c", f"printf '{script}' >/tmp/h2load.$$; h2load -p h2c -c1 --timing-script-file "
                                     f"/tmp/h2load.$$ & sleep 1; rm /tmp/h2load.*; echo idle; wait"])
    made.out.wait_for("^idle")
    return made


def connected(far):
    return far.connect()


IDLE = {
    "nginx": (nginx(""), raw(get("/"))),
    "gunicorn": (of(servers.gunicorn), raw(get("/"))),
    "uvicorn": (of(servers.uvicorn), raw(get("/"))),
    "Node": (of(servers.node), raw(get("/"))),
    "Caddy": (behind(caddy), raw(get("/"))),
    "Apache": (of(servers.apache), raw(get("/"))),
    "Redis": (redis, raw(b"PING\r\n", b"+PONG\r\n")),
    "Postgres": (postgres, psql()),
    "TCP only connected": (nginx(""), connected),
    "TLS only connected": (nginx("ssl"), client("tls")),
    "HTTP2 by curl": (nginx("http2"), curl_http2),
    "HTTP2 by h2load": (nginx("http2"), h2load),
    "HTTP2 by httpx": (nginx("http2"), client("http2")),
    "HTTP2 by Node": (nginx("http2"), node_http2),
    "gRPC with the servers pings": (protocols("grpc", 3), client("grpc")),
    "WebSocket with pings of both": (protocols("websocket", 3), client("websocket")),
    "server-sent events": (protocols("http"), raw(get("/events"), b"clock\n\n")),
}


@pytest.mark.parametrize("kind", IDLE)
def test_idle_connections_do_not_hold_it(drainit, distance, place, kind):
    command, open_one = IDLE[kind]
    box = run(drainit, command(place))
    far = distance(box, FAR)
    kept = [open_one(far) for _ in range(3)]
    drain(box)
    assert connections(box) >= 3
    box.log.wait_for("window over")
    # Some servers wait for them before they end.
    for one in kept:
        one.close()
    box.wait()
    stop = Stop(box)
    assert stop.end == "quiet" and stop.seconds < 16, stop


def ask_raw(what, first=None, end=b"ok\n"):
    """A request on a connection of its own, or on one that had an answer before."""
    def ask(far):
        with far.connect() as made:
            if first:
                once(made, first, end)
                time.sleep(PAUSE)
            once(made, what, end)
    return ask


def ask_by(kind):
    def ask(far):
        made = far.run([PYTHON, servers.FOLDER / "protocols.py", "ask", kind, SERVER, PORT, PAUSE, SLOW])
        made.out.wait_for("^answered", deadline=60)
    return ask


def query(far):
    made = psql(f"sleep 1.5; echo \"select pg_sleep({SLOW}), 'answered';\";")(far)
    made.out.wait_for("answered$", deadline=60)


def upload(far):
    """A body that comes bit by bit, each bit smaller than a ping."""
    with far.connect() as made:
        count = SLOW * 4
        made.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (count * 20))
        for _ in range(count):
            made.sendall(b"x" * 20)
            time.sleep(0.25)
        once(made, b"")


def read_slowly(path):
    """300 kB at 24 kB/s, of which the client's side keeps as little as it can."""
    def ask(far):
        with far.clients.socket() as made:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            made.connect((SERVER, PORT))
            made.sendall(get(path))
            got = 0
            while got < 300_000:
                piece = made.recv(2400)
                assert piece, f"closed after {got} bytes"
                got += len(piece)
                time.sleep(0.1)
    return ask


SLOW_GET = get(f"/{SLOW}")
# No gRPC: its C core sends a ping of its own at a call, after which the kernel shows nothing unanswered.
FLIGHT = {
    "nginx": (nginx(""), ask_raw(SLOW_GET)),
    "nginx, a second one": (nginx(""), ask_raw(SLOW_GET, get("/0"))),
    "Caddy": (behind(caddy), ask_raw(SLOW_GET)),
    "gunicorn": (of(servers.gunicorn), ask_raw(SLOW_GET)),
    "uvicorn": (of(servers.uvicorn), ask_raw(SLOW_GET, get("/0"))),
    "Node": (of(servers.node_without_a_handler), ask_raw(SLOW_GET, get("/0"))),
    "Redis BLPOP": (redis, ask_raw(b"BLPOP nothing %d\r\n" % SLOW, b"BLPOP nothing 0.01\r\n", b"*-1\r\n")),
    "Apache prefork": (behind(apache_prefork), ask_raw(SLOW_GET, get("/0"))),
    "Postgres": (postgres, query),
    "HTTP2": (nginx("http2"), ask_by("http2")),
    "WebSocket": (protocols("websocket"), ask_by("websocket")),
    "upload": (protocols("http"), upload),
    "answer that a slow reader reads": (protocols("http"), read_slowly("/big")),
    "answer that was closed": (protocols("http"), read_slowly("/big/closed")),
}


def assert_answered_first(box, asked, idle=()):
    """Once drained: each had its answer before the app was told to stop, and then nothing held the window."""
    over = box.log.time_of("window over", deadline=60)
    for one in asked:
        one.join(30)
    for one in idle:
        one.close()
    box.wait()
    stop = Stop(box)
    assert not [one.trouble for one in asked if one.trouble], (asked[0].trouble, stop)
    # One clock, this process'. What a slow reader's kernel has, it has: two thirds of a second of it.
    assert all(one.at < over + 1 for one in asked), ([one.at - over for one in asked], stop)
    assert stop.end == "quiet" and stop.seconds < 20, stop


@pytest.mark.parametrize("kind", FLIGHT)
def test_what_is_in_flight_is_answered_first(drainit, distance, place, kind):
    command, ask = FLIGHT[kind]
    box = run(drainit, command(place))
    far = distance(box)
    asked = [Asked(lambda: ask(far)) for _ in range(3)]
    until(lambda: connections(box) >= 3, "they are connected")
    # Most ask twice.
    time.sleep(PAUSE + 2)
    drain(box)
    assert_answered_first(box, asked)


def test_requests_on_an_open_http2_connection_count(drainit, distance, place):
    """Repeated ones are 15 to 21 bytes each: fewer than a ping."""
    box = run(drainit, nginx("http2")(place))
    far = distance(box)
    asks = far.run([PYTHON, servers.FOLDER / "protocols.py", "repeat", "http2", SERVER, PORT, 8])
    asks.out.wait_for("^idle")
    box.signal(signal.SIGTERM)
    asks.out.wait_for("^answered")
    over = box.log.time_of("window over")
    asks.close()
    box.wait()
    stop = Stop(box)
    assert asks.out.time_of("^answered") < over and 6 < stop.last < 10, stop


SINK = f"""
import socketserver
class Sink(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile: pass
class Server(socketserver.ThreadingTCPServer): daemon_threads = True
Server(("", {PORT}), Sink).serve_forever()
"""


def test_what_is_never_answered_holds_it_for_thirty_seconds(drainit, distance):
    """Syslog, StatsD: the kernel cannot tell their lines from requests."""
    box = drainit("--log", "json", "--drain", "1s..50s", "--port", PORT, app=[PYTHON, "-c", SINK])
    probing.wait_until_ready(box)
    far = distance(box)
    with far.connect() as made:
        made.sendall(b"<13>1 2026-01-01T00:00:00Z host app - - - a line of the log, as long as they are\n")
        drain(box)
        box.log.time_of("window over", deadline=60)
    box.wait()
    stop = Stop(box)
    assert stop.end == "quiet" and 27 < stop.seconds < 40, stop
