"""Servers that answer as late as they are asked to, and their clients, each a round trip away:

  protocols.py serve KIND PORT [PING]
  protocols.py idle KIND HOST PORT           uses a connection once, prints "idle" and keeps it
  protocols.py ask KIND HOST PORT PAUSE SECONDS    uses one, asks once more on it, and prints "answered"
  protocols.py repeat KIND HOST PORT TIME    asks five times a second for so long, prints "answered"

KIND is http (careless: SIGTERM is its end), websocket or grpc, or for the clients http2 and tls. The server pings
every PING seconds, where that is given; the idle client of a WebSocket pings, too.
"""

import asyncio
import http.server
import os
import socket
import ssl
import sys
import threading
import time

BIG = 300_000


class Careless(http.server.BaseHTTPRequestHandler):
    """/SECONDS answers then, /events goes on for ever, /big is more than its reader takes at once."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/events":
            return self.tell_events()
        if self.path.startswith("/big"):
            return self.send_much()
        time.sleep(float(self.path[1:] or 0))
        self.answer(b"ok\n")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(b"ok\n")

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def tell_events(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        while True:
            self.wfile.write(b"data: a tick of the clock\n\n")
            time.sleep(1.3)

    def send_much(self):
        """All of it lies in the kernel's buffer before the client has read any."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * BIG)
        self.answer(b"x" * BIG)
        self.close_connection = self.path == "/big/closed"

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def grpc_channel(grpc, target):
    # Without the global pool each channel has a connection of its own.
    return grpc.insecure_channel(target, options=[("grpc.use_local_subchannel_pool", 1)])


def serve_grpc(port, ping):
    import concurrent.futures
    import grpc

    def say(request, _):
        time.sleep(float(request))
        return b"ok"

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(16), options=[
        ("grpc.keepalive_time_ms", 1000 * ping), ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0)] if ping else [])
    handler = grpc.unary_unary_rpc_method_handler(say)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Slow", {"Say": handler}),))
    server.add_insecure_port(f"0.0.0.0:{port}")
    server.start()
    server.wait_for_termination()


async def serve_websocket(port, ping):
    import websockets

    async def talk(client):
        async for message in client:
            await asyncio.sleep(float(message))
            await client.send("ok")

    async with websockets.serve(talk, "0.0.0.0", port, ping_interval=ping):
        await asyncio.Future()


def serve(kind, port, ping=None):
    if kind == "http":
        Server(("0.0.0.0", port), Careless).serve_forever()
    elif kind == "websocket":
        asyncio.run(serve_websocket(port, ping))
    else:
        serve_grpc(port, ping)


# A client is a function that asks, and gives back what keeps its connection.


def http2(host, port, _):
    import httpx
    client = httpx.Client(http1=False, http2=True, timeout=60)

    def ask(seconds):
        assert client.get(f"http://{host}:{port}/{seconds}").read() == b"ok\n"
    return ask


def grpc_client(host, port, _):
    # Between calls it would look at its connections every five seconds only, and answer pings so late.
    os.environ["GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS"] = "20"
    import grpc
    say = grpc_channel(grpc, f"{host}:{port}").unary_unary("/test.Slow/Say")

    def ask(seconds):
        assert say(str(seconds).encode(), timeout=60, wait_for_ready=True) == b"ok"
    return ask


def websocket(host, port, ping):
    """It pings, where it does, in a thread of its own."""
    import websockets
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    def do(what):
        return asyncio.run_coroutine_threadsafe(what, loop).result(60)

    async def connect():
        return await websockets.connect(f"ws://{host}:{port}", ping_interval=ping)

    client = do(connect())

    def ask(seconds):
        do(client.send(str(seconds)))
        assert do(client.recv()) == "ok"
    return ask


def tls(host, port, _):
    """Connected, and nothing more."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    made = context.wrap_socket(socket.create_connection((host, port)))
    return lambda _: made.cipher()


def main(verb, kind, *words):
    if verb == "serve":
        return serve(kind, *map(int, words))
    client = {"http2": http2, "grpc": grpc_client, "websocket": websocket, "tls": tls}[kind]
    ask = client(words[0], int(words[1]), 2 if verb == "idle" else None)
    ask(0)
    if verb == "idle":
        print("idle", flush=True)
        time.sleep(600)
    if verb == "repeat":
        print("idle", flush=True)
        ends = time.monotonic() + float(words[2])
        while time.monotonic() < ends:
            ask(0)
            time.sleep(0.2)
        print("answered", flush=True)
        time.sleep(600)
    time.sleep(float(words[2]))
    ask(float(words[3]))
    print("answered", flush=True)


main(*sys.argv[1:])
