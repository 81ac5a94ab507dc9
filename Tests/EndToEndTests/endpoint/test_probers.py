"""Who asks, and exactly how: the kubelet's three probers, HAProxy, nginx, and an agent like Consul's."""

import http.client
import signal
import socket
import struct

import grpc
import pytest

import probing
from box import network_of, until
from reports import value

BODY_LIMIT = 10 * 1024


def dial(box, port):
    """As the kubelet's ProbeDialer: a new connection each time, lingering for one second at most."""
    made = box.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 1))
    made.settimeout(1)
    made.connect(("127.0.0.1", port))
    return made


def kubelet_http(box, path, port=probing.PORT):
    """pkg/probe/http: GET, redirects to the same host followed, 10 KiB of the body, 200 to 399."""
    for _ in range(10):
        with dial(box, port) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: kube-probe/1.30\r\n"
                "Accept: */*\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(connection, method="GET")
            answer.begin()
            body = answer.read(BODY_LIMIT + 1)
        assert len(body) <= BODY_LIMIT
        place = answer.headers.get("Location")
        if answer.status not in (301, 302, 303, 307, 308) or place is None:
            return 200 <= answer.status < 400, body.decode()
        path = place
    return False, "too many redirects"


def kubelet_tcp(box, port):
    """pkg/probe/tcp: a connect, and a close."""
    try:
        dial(box, port).close()
        return True
    except OSError:
        return False


def kubelet_grpc(box, port, service=b""):
    """pkg/probe/grpc: a connection and a call of Health/Check; the status, or why there is none."""
    with network_of(box.first), grpc.insecure_channel(
            f"127.0.0.1:{port}", [("grpc.primary_user_agent", "kube-probe/1.30")]) as channel:
        try:
            ask = channel.unary_unary("/grpc.health.v1.Health/Check")
            return ask(b"\x0a" + bytes([len(service)]) + service if service else b"", timeout=2)
        except grpc.RpcError as error:
            return error.code()


@pytest.fixture
def box(drainit):
    made = drainit("--ready", "tcp:8080", "--drain", "60s", app=["web", "8080"])
    probing.wait_until_ready(made)
    return made


def test_the_kubelets_probers(box):
    for path in ("/readyz", "/livez", "/startupz", "/healthz", "/readyz?verbose", "/metrics", "/status"):
        assert kubelet_http(box, path)[0], path
    assert not kubelet_http(box, "/nothing")[0]
    assert kubelet_tcp(box, probing.PORT) and kubelet_tcp(box, 8080) and not kubelet_tcp(box, 9)
    # The endpoint is no gRPC server, and says so at once.
    assert kubelet_grpc(box, probing.PORT) == grpc.StatusCode.UNAVAILABLE
    for _ in range(300):
        assert kubelet_http(box, "/readyz") == (True, "ok\n")
        assert kubelet_tcp(box, probing.PORT)
    assert value(box, "drainit_mistakes_total") == 0
    box.signal(signal.SIGTERM)
    until(lambda: kubelet_http(box, "/readyz") == (False, "draining\n"), "it drains")
    assert kubelet_http(box, "/livez")[0]


def test_the_kubelet_and_drainit_agree_about_a_grpc_server(drainit, health):  # noqa: F811
    box = drainit("--ready", "grpc:50051/a.B", "--ready-every", "50ms", app=["sleep", "600"])
    server = health(box)
    for answer in (b"\x08\x01", b"\x08\x02", b"\x08\x01"):
        server.answer = {b"a.B": answer}
        assert kubelet_grpc(box, 50051, b"a.B") == answer
        probing.wait_for_status(box, 200 if answer == b"\x08\x01" else 503)
    assert kubelet_grpc(box, 50051, b"other") == grpc.StatusCode.NOT_FOUND


HAPROXY = """
global
  stats socket {place}/stats mode 600
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend all
  bind :9000
  default_backend web
backend web
  option httpchk
  {check}
  server one 127.0.0.1:8080 check port 14315 inter 100ms fall 1 rise 1 {server}
"""
NAMED = "http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host drainit\n  http-check expect status 200"


@pytest.mark.parametrize("check, server", [
    (NAMED, ""),
    # Its own: OPTIONS / HTTP/1.0.
    ("", ""),
    (NAMED, "check-send-proxy"), ("", "check-send-proxy"),
    ("", "send-proxy-v2 check-send-proxy"),
], ids=["a page", "its own", "a page, PROXY 1", "its own, PROXY 1", "its own, PROXY 2"])
def test_haproxy_takes_it_out_and_the_app_serves_on(box, start, place, check, server):
    configuration = place / "haproxy.cfg"
    configuration.write_text(HAPROXY.format(place=place, check=check, server=server))
    start(["haproxy", "-db", "-f", configuration], network=f"/proc/{box.first}/ns/net")

    def state():
        try:
            with socket.socket(socket.AF_UNIX) as stats:
                stats.connect(str(place / "stats"))
                stats.sendall(b"show stat\n")
                rows = [line.split(",") for line in probing.read_all(stats).decode().splitlines()]
        except OSError:
            return None
        names = rows[0]
        row = next(dict(zip(names, row)) for row in rows if row[:2] == ["web", "one"])
        return row["status"], row["check_status"], row["check_code"]

    until(lambda: state() == ("UP", "L7OK", "200"), "HAProxy has seen that it is ready")
    # The app itself understands no PROXY header of version 2.
    understood = "v2" not in server
    assert not understood or probing.get(box, "/", port=9000).status == 200
    box.signal(signal.SIGTERM)
    until(lambda: state() == ("DOWN", "L7STS", "503"), "HAProxy has seen that it drains")
    assert probing.get(box, "/", port=9000).status == 503
    assert probing.get(box, "/", port=8080).status == 200


def test_nginx_hands_the_answer_on(box, start, place):
    configuration = place / "nginx.conf"
    temporary = "\n".join(f"{kind}_temp_path {place}/{kind};" for kind in
                          ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    configuration.write_text(f"""
daemon off; master_process off; pid {place}/pid; error_log stderr;
events {{}}
http {{ access_log off; {temporary}
  server {{ listen 9000; location / {{ proxy_pass http://127.0.0.1:14315; }} }} }}""")
    beside = start(["nginx", "-c", configuration], network=f"/proc/{box.first}/ns/net")
    until(lambda: box.can_connect(9000), "nginx listens")
    for path in ("/readyz", "/metrics", "/status"):
        assert probing.get(box, path, port=9000).status == 200
    box.signal(signal.SIGTERM)
    answer = probing.wait_for_status(box, 503, port=9000)
    assert answer.text == "draining\n"
    assert not beside.log.matching("error")


def test_nginx_says_who_asks_and_the_answer_is_the_same(box, start, place):
    configuration = place / "nginx.conf"
    configuration.write_text(f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; master_process off; pid {place}/pid; error_log stderr;
events {{}}
stream {{ server {{ listen 9000; proxy_pass 127.0.0.1:14315; proxy_protocol on; }} }}""")
    start(["nginx", "-c", configuration], network=f"/proc/{box.first}/ns/net")
    until(lambda: box.can_connect(9000), "nginx listens")
    assert probing.get(box, port=9000).status == 200
    box.signal(signal.SIGTERM)
    assert probing.wait_for_status(box, 503, port=9000).text == "draining\n"


def test_an_agent_that_would_keep_the_connection(box):
    """Consul's and Go's default client: HTTP/1.1, gzip, no word of closing."""
    asked = "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:14315\r\nUser-Agent: Consul Health Check\r\n" \
        "Accept: text/plain, text/*, */*\r\nAccept-Encoding: gzip\r\n\r\n"
    answer = probing.Answer(probing.raw(box, asked.encode()))
    assert (answer.status, answer.text) == (200, "ok\n")
    assert answer.fields["connection"] == "close" and "content-encoding" not in answer.fields
    with network_of(box.first):
        client = http.client.HTTPConnection("127.0.0.1", probing.PORT, timeout=10)
        for _ in range(50):
            client.request("GET", "/readyz", headers={"Accept-Encoding": "gzip"})
            assert client.getresponse().read() == b"ok\n"
        client.close()


KEYED = """
import http.server, socket
class Server(http.server.HTTPServer): address_family = socket.AF_INET6
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        given = self.headers.get("X-Key"), self.headers.get("Host"), self.path
        self.send_response(204 if given == ("k1", "[::1]:8081", "/in?a=b") else 403)
        self.end_headers()
    def log_message(self, *words): pass
Server(("::", 8081), Page).serve_forever()"""


@pytest.mark.parametrize("option", ["--ready", "--live", "--until", "--start-after", "--probe"])
@pytest.mark.parametrize("key", ["k1", "k2"])
def test_an_http_check_with_a_header_and_an_ipv6_literal(drainit, start, bench, option, key):
    server = start(["python3", "-c", KEYED])
    until(lambda: server.can_connect(8081), "it listens")
    words = [option, "http://[::1]:8081/in?a=b", "--check-header", f"X-Key: {key}"]
    if option == "--probe":
        assert server.run_inside(bench / "drainit", *words).returncode == (0 if key == "k1" else 1)
        return
    passes = key == "k1"
    box = drainit(*words, "--ready-every", "50ms", "--drain", "0s..6s", "--port", "1",
                  *(["--ready", "none"] if option != "--ready" else []),
                  app=["sleep", "600"], network=f"/proc/{server.first}/ns/net")
    if option == "--start-after":
        probing.wait_for_status(box, 200 if passes else 503, "/startupz")
    elif option == "--until":
        # Nothing arrives, so that only the maximum ends it: the check is asked all the same.
        probing.wait_until_ready(box)
        box.signal(signal.SIGTERM)
        assert box.wait() == 143
    else:
        page = "/readyz" if option == "--ready" else "/livez"
        answer = probing.wait_for_status(box, 200 if passes else 503, page)
        assert passes or until(lambda: "status 403" in probing.get(box, page).text, answer)
