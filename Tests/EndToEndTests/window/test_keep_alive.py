"""What real servers do with idle kept-alive connections when they are told to stop.

The table in docker/docs/keep-alive.md says it for people; here it is measured, row by row, and held
against that table. KEEP_ALIVE_PRINT=1 prints the measured rows.
"""

import os
import signal
import subprocess
import time

import pytest

import servers
from box import until
from conftest import NOBODY, ROOT

PORT = 8080
TABLE = ROOT / "docker" / "docs" / "keep-alive.md"
QUERY = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
# Longer than a server takes that closes at once; shorter than any keep-alive or stop timeout.
SOON = 1.5

# Since Node 19 server.close() closes what is idle, too.
NODE = "Node 18" if subprocess.run(
    ["node", "--version"], capture_output=True, text=True, check=True
).stdout.startswith("v18.") else "Node 19 and later"
ROWS = [
    ("nginx", servers.nginx, signal.SIGQUIT), ("nginx", servers.nginx, signal.SIGTERM),
    ("Apache httpd (event)", servers.apache, signal.SIGWINCH),
    ("Apache httpd (event)", servers.apache, signal.SIGTERM),
    ("gunicorn (gthread)", servers.gunicorn, signal.SIGTERM),
    ("uvicorn", servers.uvicorn, signal.SIGTERM),
    ("hypercorn", servers.hypercorn, signal.SIGTERM),
    ("aiohttp", servers.aiohttp, signal.SIGTERM),
    ("Puma", servers.puma, signal.SIGTERM),
    ("Puma, `--workers`", servers.puma_with_workers, signal.SIGTERM),
    ("lighttpd", servers.lighttpd, signal.SIGTERM), ("lighttpd", servers.lighttpd, signal.SIGINT),
    (f"{NODE}, `server.close()`", servers.node, signal.SIGTERM),
    ("Node, no handler", servers.node_without_a_handler, signal.SIGTERM),
    ("Java `HttpServer`, `stop(2)` in a shutdown hook", servers.java, signal.SIGTERM),
    ("Python `http.server`", servers.python, signal.SIGTERM),
]


@pytest.mark.parametrize("name, server, number", ROWS, ids=lambda value: getattr(
    value, "__name__", None) or getattr(value, "name", None))
def test_idle_connections_at_the_stop(drainit, place, name, server, number):
    # Under an init, as PID 1 a program without a handler is not ended by a signal.
    box = drainit("--plain", app=server(PORT, place), before=NOBODY)
    until(lambda: box.can_connect(PORT), f"it listens; it says {box.log.text()}")
    idle, talking = (opened(box) for _ in range(2))
    box.signal(number)
    # What is sent the moment that the server is told, as a balancer's next request may be.
    late = ask(talking)
    measured = [name, number.name, fate(idle), late]
    if os.environ.get("KEEP_ALIVE_PRINT"):
        print(f"| {' | '.join(measured)} |")
    rows = [[cell.strip() for cell in line.split("|")[1:5]]
            for line in TABLE.read_text(encoding="utf-8").splitlines()]
    # Where the server itself is in two minds, the table says "answered or lost".
    assert any(row[:3] == measured[:3] and late in row[3].split(" or ") for row in rows
               if len(row) == 4), f"measured: {measured}"


def opened(box):
    """A connection that has had an answer and is kept alive."""
    made = box.connect(PORT)
    made.settimeout(10)
    made.sendall(QUERY)
    assert b" 200 " in receive(made)
    return made


def receive(made):
    got = b""
    while b"ok\n" not in got:
        piece = made.recv(65536)
        if not piece:
            return got
        got += piece
    return got


def fate(made):
    """What becomes of a connection on which nothing is said."""
    made.settimeout(SOON)
    try:
        return "closed" if made.recv(1) == b"" else "written to"
    except ConnectionResetError:
        return "reset"
    except TimeoutError:
        return "kept"


def ask(made):
    """What becomes of a request that is sent after the signal."""
    # The server has been told when it says so to another: a moment is what a packet takes.
    time.sleep(0.3)
    try:
        made.sendall(QUERY)
        got = receive(made)
    except OSError:
        return "lost"
    if b" 200 " not in got:
        return "lost"
    return "answered, `Connection: close`" if b"\r\nconnection: close" in got.lower() else "answered"
