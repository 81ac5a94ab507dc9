"""Who asks the endpoint, byte for byte: what each sends, and what it must read."""

import signal
import struct

import pytest

import probing

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
FOUR = SIGNATURE + b"\x21\x11\0\x0c" + bytes([10, 0, 0, 9, 10, 0, 0, 5]) + struct.pack(">HH", 4711, 14315)
SIX = SIGNATURE + b"\x21\x21\0\x24" + bytes(32) + struct.pack(">HH", 4711, 14315)
# An NLB adds what it knows of the endpoint (AWS's type 0xea), here 23 bytes.
NLB = SIGNATURE + b"\x21\x11\0\x26" + FOUR[16:] + b"\xea\0\x17\x01" + b"vpce-08d2bf15fac5001c9"
LOCAL = SIGNATURE + b"\x20\0\0\0"
UNIX = SIGNATURE + b"\x21\x31\0\xd8" + bytes(216)
GET = b"GET /readyz HTTP/1.1\r\nHost: 10.0.0.5:14315\r\n"
ASKED = GET + b"\r\n"

READY = [
    ("kubelet", GET + b"User-Agent: kube-probe/1.31\r\nAccept: */*\r\nConnection: close\r\n\r\n"),
    ("alb", GET + b"Connection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\n"
            b"Accept-Encoding: gzip, compressed\r\n\r\n"),
    ("nlb", GET + b"Connection: close\r\nUser-Agent: NLB-HealthChecker/1.0\r\n\r\n"),
    ("nlb with proxy protocol", NLB + GET + b"User-Agent: NLB-HealthChecker/1.0\r\n\r\n"),
    ("gcp", b"GET /readyz HTTP/1.1\r\nHost: 10.0.3.2\r\nUser-Agent: GoogleHC/1.0\r\n"
            b"Connection: Keep-alive\r\n\r\n"),
    ("gcp with proxy protocol", b"PROXY UNKNOWN\r\n" + ASKED),
    ("azure", b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Load Balancer Agent\r\n"
              b"Connection: Keep-Alive\r\n\r\n"),
    ("consul", GET + b"User-Agent: Consul Health Check\r\nAccept: text/plain, text/*, */*\r\n"
               b"Connection: close\r\nAccept-Encoding: gzip\r\n\r\n"),
    ("envoy", b"GET /readyz HTTP/1.1\r\nhost: cluster\r\nuser-agent: Envoy/HC\r\n"
              b"x-envoy-expected-rq-timeout-ms: 1000\r\n\r\n"),
    ("route 53", GET + b"Connection: close\r\nUser-Agent: Amazon-Route53-Health-Check-Service "
                 b"(ref 0a1b; report http://amzn.to/1vsZADi)\r\nAccept: */*\r\nAccept-Encoding: *\r\n\r\n"),
    ("blackbox exporter", GET + b"User-Agent: Blackbox Exporter/0.25.0\r\nAccept-Encoding: gzip\r\n\r\n"),
    ("traefik", GET + b"User-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n\r\n"),
    ("a body that is awaited", GET + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
    ("an upgrade that is declined", GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                                    b"HTTP2-Settings: AAMAAABk\r\n\r\n"),
    ("through a proxy of the prober's", b"GET http://10.0.0.5:14315/readyz HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("haproxy", b"OPTIONS / HTTP/1.0\r\ncontent-length: 0\r\n\r\n"),
    ("haproxy with a host", b"OPTIONS * HTTP/1.1\r\nhost: app\r\ncontent-length: 0\r\n\r\n"),
    ("haproxy with a path", b"OPTIONS /readyz HTTP/1.0\r\n\r\n"),
    ("haproxy 1.0", b"GET /readyz HTTP/1.0\r\n\r\n"),
    ("options of the whole", b"OPTIONS http://10.0.0.5:14315 HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("proxy 1, IPv4", b"PROXY TCP4 10.0.0.9 10.0.0.5 4711 14315\r\n" + ASKED),
    ("proxy 1, IPv6", b"PROXY TCP6 ffff:f::ffff ::1 65535 0\r\n" + ASKED),
    ("proxy 1, the longest", b"PROXY UNKNOWN " + b"f" * 91 + b"\r\n" + ASKED),
    ("proxy 2, IPv4", FOUR + ASKED), ("proxy 2, IPv6", SIX + ASKED), ("proxy 2, UNIX", UNIX + ASKED),
    ("proxy 2, LOCAL", LOCAL + ASKED),
    ("proxy 2, LOCAL with what is to be ignored", SIGNATURE + b"\x20\x77\0\3abc" + ASKED),
    ("proxy 2, of nothing", SIGNATURE + b"\x21\0\0\0" + ASKED),
    ("proxy 2, and a check of HAProxy's", LOCAL + b"OPTIONS / HTTP/1.0\r\n\r\n"),
]

MALFORMED = [
    b"PROXY \r\n", b"PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n", b"PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
    b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n", b"PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
    b"PROXY TCP4 ::1 ::1 1 2\r\n", b"PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n", b"PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
    b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", b"PROXY UNKNOWNS\r\n", b"PROXY UNKNOWN " + b"f" * 92 + b"\r\n",
    SIGNATURE + b"\x11\x11\0\x0c" + bytes(12), SIGNATURE + b"\x22\x11\0\x0c" + bytes(12),
    SIGNATURE + b"\x21\x11\0\x0b" + bytes(11), SIGNATURE + b"\x21\x21\0\x0c" + bytes(12),
    SIGNATURE + b"\x21\x41\0\x0c" + bytes(12), SIGNATURE + b"\x21\x13\0\x0c" + bytes(12),
    SIGNATURE + b"\x21\x11\xff\xff" + bytes(12), SIGNATURE + b"\x21\0\x0f\xf0" + bytes(4080),
]

# What no page is asked with, and what says why.
OTHERS = [
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 400, "this is not HTTP/1.1"),
    (b"GET /readyz HTTP/2.0\r\nHost: x\r\n\r\n", 505, "use HTTP/1.1 or HTTP/1.0"),
    (b"\x16\x03\x01\0\xc8\1\0\0\xc4\3\3" + bytes(180), 400, "this is not HTTP/1.1"),
    (b"POST /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 405, "use GET, HEAD or OPTIONS"),
    (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400, "the target is not a path"),
]


@pytest.fixture
def serving(drainit):
    made = drainit("--ready", "none", "--drain", "60s", "--port", "1", app=["sleep", "600"])
    probing.wait_until_ready(made)
    return made


def answers(box, forms):
    """What each reads, sent at once and in two pieces."""
    for name, data in forms:
        for pieces in ([data], [data[:5], data[5:]], [data[:20], data[20:]]):
            with box.connect(probing.PORT) as connection:
                for piece in pieces:
                    connection.sendall(piece)
                yield name, data, probing.Answer(probing.read_all(connection))


def test_each_prober_reads_that_it_is_ready_and_that_it_drains(serving):
    for status in (200, 503):
        for name, data, answer in answers(serving, READY):
            assert answer.status == status, name
            assert answer.fields["connection"] == "close", name
            # An answer to OPTIONS is as long as it says, and that is nothing.
            length = 0 if b"OPTIONS" in data else len("ok\n" if status == 200 else "draining\n")
            assert int(answer.fields["content-length"]) == len(answer.body) == length, name
        if status == 200:
            serving.signal(signal.SIGTERM)
            probing.wait_for_status(serving, 503)


def test_a_malformed_proxy_header_is_said_to_be_one(serving):
    for name, _, answer in answers(serving, [(data, data + ASKED) for data in MALFORMED]):
        assert answer.status == 400 and "PROXY protocol" in answer.text, name
    # One that does not end is waited for, as for any head that does not.
    with serving.connect(probing.PORT) as connection:
        connection.sendall(FOUR[:20])
        assert probing.Answer(probing.read_all(connection)).status == 408
    assert probing.get(serving).status == 200


def test_another_protocol_reads_why_it_is_refused(serving):
    for data, status, said in OTHERS:
        with serving.connect(probing.PORT) as connection:
            connection.sendall(data)
            answer = probing.Answer(probing.read_all(connection))
        assert answer.status == status and said in answer.text, data


def test_curl_asks_as_it_does_through_a_proxy(serving):
    url = f"http://127.0.0.1:{probing.PORT}/readyz"
    for words, said in ((["--haproxy-protocol", url], "ok\n"), (["-X", "OPTIONS", url], ""),
                        (["-X", "OPTIONS", "--request-target", "*", url], "")):
        ran = serving.run_inside("curl", "-sSf", *words)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, said, ""), words
