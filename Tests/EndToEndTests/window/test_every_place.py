"""Whose sockets count, and which of them cannot be seen: the same for drainit as the first process, under `--hold` and
in a container without any right."""

import os
import signal

import pytest

from traffic import Traffic
from windows import bare_image, places  # noqa: F401

PLACES = ("first process", "hold", "container", "hold in a container")

# Opens each word: tcp:ADDRESS:PORT, which answers, udp:PORT, unix:PATH, or a client's sockets of UDP; those behind an @
# at SIGUSR1. Where ENDS is set, its first thread ends.
APP = """
import ctypes, os, platform, signal, socket, sys, threading, time
def serve(s):
    while True:
        c = s.accept()[0]
        if c.recv(4096): c.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
        c.close()
kept = []
def open_it(word):
    kind, _, end = word.partition(":")
    if kind == "tcp":
        host, port = end.rsplit(":", 1)
        six = {"family": socket.AF_INET6, "dualstack_ipv6": True} if ":" in host else {}
        kept.append(socket.create_server((host, int(port)), backlog=128, **six))
        threading.Thread(target=serve, args=(kept[-1],), daemon=True).start()
    elif kind == "unix":
        kept.append(socket.socket(socket.AF_UNIX))
        kept[-1].bind(end); kept[-1].listen()
    elif kind == "udp":
        kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        kept[-1].bind(("", int(end)))
    else:
        kept.extend(socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        kept[-2].connect(("127.0.0.1", 53)); kept[-1].sendto(b"x", ("127.0.0.1", 8125))
    # Not by print: a signal may come in the midst of one.
    os.write(1, f"open {word}\\n".encode())
words = sys.argv[1:]
if not os.environ.get("ENDS"):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGUSR1, lambda *_: [open_it(word[1:]) for word in words if word[0] == "@"])
for word in words:
    if word[0] != "@": open_it(word)
print("all", flush=True)
if os.environ.get("ENDS"): ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[platform.machine()], 0)
while True: time.sleep(0.05)
"""
TCP = "tcp:127.0.0.1:8080"


def app(*words):
    return ["/usr/bin/python3", "-c", APP, *words]


def drained(places, place, shared, words, *options, holds, command=app):
    """The window's end: TCP is asked until all is open, and then is silent."""
    words = [word.format(shared) for word in words]
    options = [option.format(shared) for option in options]
    window = places.make(place, command(*words), "--drain", "1s..6s" if holds else "1s..25s",
                         "--until", "quiet:2s", *options, shared=shared)
    box = window.box
    box.out.wait_for("^all")
    with Traffic(box) as traffic:
        flow = traffic.requests(10) if TCP in words else None
        window.begin()
        for word in words:
            if word[0] == "@":
                os.kill(box.first, signal.SIGUSR1)
                box.out.wait_for(f"open {word[1:]}")
        if flow:
            assert not flow.end().failures, flow.failures
    return window.end()


UNSEEN = {
    "UDP beside TCP": ((TCP, "udp:5353"), ()),
    "UDP alone": (("udp:5353",), ()),
    "UNIX alone": (("unix:{}/a.sock",), ()),
    "UNIX that was named": ((TCP, "unix:{}/a.sock"), ("--port", "{}/a.sock")),
}
UNSEEN_LATE = {
    "UDP that opens in the window": ((TCP, "@udp:5353"), ()),
    "UDP on a port that was named": ((TCP, "@udp:50000"), ("--port", "8080", "--port", "50000")),
    "UNIX that was named and opens in the window": ((TCP, "@unix:{}/a.sock"), ("--port", "{}/a.sock")),
}
IDLE = {
    "a client's UDP": ((TCP, "client"), ()),
    "UNIX beside TCP": ((TCP, "unix:{}/a.sock"), ()),
}
IDLE_LATE = {
    "a client's UDP that opens in the window": ((TCP, "@udp:40000"), ()),
    "UNIX beside TCP that opens in the window": ((TCP, "@unix:{}/a.sock"), ()),
    "UDP on a port beside those that were named": ((TCP, "@udp:5353"), ("--port", "8080")),
}


# Elsewhere the first process has scenarios of its own of what is there at the start.
def each(there, late):
    return [pytest.param(place, *kind, id=f"{place}, {name}") for place in PLACES
            for name, kind in {**(there if place != "first process" else {}), **late}.items()]


@pytest.mark.parametrize("where, words, options", each(UNSEEN, UNSEEN_LATE))
def test_what_cannot_be_seen_holds(places, place, where, words, options):
    stop = drained(places, where, place, words, *options, holds=True)
    assert stop.end == "max" and "held by sockets that cannot be seen" in stop.message, stop


@pytest.mark.parametrize("where, words, options", each(IDLE, IDLE_LATE))
def test_what_nobody_is_waited_for_at_holds_nothing(places, place, where, words, options):
    stop = drained(places, where, place, words, *options, holds=False)
    assert stop.end == "quiet" and stop.seconds < 20, stop


@pytest.mark.parametrize("where", PLACES[1:])
def test_a_port_that_opens_in_the_window_counts(places, place, where):
    window = places.make(where, app(TCP, "@tcp:127.0.0.1:9090"), "--drain", "2s..7s", "--until", "quiet:3s",
                         shared=place)
    window.box.out.wait_for("^all")
    with Traffic(window.box) as traffic:
        flow = traffic.requests(10)
        window.begin()
        os.kill(window.box.first, signal.SIGUSR1)
        window.box.out.wait_for("open tcp:127.0.0.1:9090")
        traffic.requests(10, port=9090)
        flow.end()
        stop = window.end()
    assert stop.end == "max" and stop.last > 5.5, stop


@pytest.mark.parametrize("where", ["hold", "container"])
@pytest.mark.parametrize("listener, client", [(":::8080", "127.0.0.2"), ("::ffff:127.0.0.3:8080", "127.0.0.3")])
def test_every_kind_of_address_counts(places, place, where, listener, client):
    window = places.make(where, app(f"tcp:{listener}"), "--drain", "2s..6s", "--until", "quiet:3s", shared=place)
    window.box.out.wait_for("^all")
    with Traffic(window.box) as traffic:
        traffic.requests(10, to=client)
        window.begin()
        stop = window.end()
    assert stop.end == "max" and stop.late > 20, stop


@pytest.mark.parametrize("where", PLACES[1:])
def test_an_app_whose_first_thread_has_ended_is_found(places, place, where):
    words = ("/bin/sh", "-c", 'ENDS=1 "$@" & wait', "sh", *app(TCP))
    window = places.make(where, words, "--drain", "2s..6s", "--until", "quiet:3s", shared=place)
    window.box.out.wait_for("^all")
    with Traffic(window.box) as traffic:
        traffic.requests(10)
        window.begin()
        stop = window.end()
    assert stop.end == "max" and stop.late > 20, stop


@pytest.mark.parametrize("where", PLACES[1:])
def test_what_another_container_has_holds_nothing(places, place, where, cgroup):
    """At another address the same port, a UDP socket and a UNIX one, all of which somebody uses."""
    other, network = places.neighbour(where, app("tcp:127.0.0.2:8080", "udp:5353", f"unix:{place}/b.sock"),
                                      place, cgroup())
    other.out.wait_for("^all")
    window = places.make(where, app(TCP), "--drain", "1s..25s", "--until", "quiet:2s", shared=place,
                         network=network, cgroup=cgroup())
    window.box.out.wait_for("^all")
    with Traffic(window.box) as traffic:
        flow = traffic.requests(10, to="127.0.0.2")
        window.begin()
        stop = window.end()
        assert flow.count > 5
    assert stop.end == "quiet" and stop.seconds < 20 and stop.late == 0, stop
