"""The web app of the demonstration: it stops as most real servers do.

On SIGTERM it closes its listening socket at once, closes idle connections, finishes the requests
in flight, takes a moment to clean up, and exits with 0. What it does and when goes to standard
output, one line an event, with the time of CLOCK_MONOTONIC.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import time

REQUEST_LIMIT = 8192  # bytes of a request's head; more is not ours


def say(event: str) -> None:
    print(f"{event} {time.monotonic():.6f}", flush=True)


class Connection(asyncio.Protocol):
    """One client connection; requests on it are answered one after another."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.head = b""
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.app.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.app.connections.discard(self)
        self.app.leave_if_idle()

    def data_received(self, data: bytes) -> None:
        self.head += data
        if len(self.head) > REQUEST_LIMIT:
            self.transport.abort()
        elif not self.busy:
            self.take_request()

    def take_request(self) -> None:
        _, end, rest = self.head.partition(b"\r\n\r\n")
        if end:
            self.head = rest
            self.busy = True
            asyncio.get_running_loop().call_later(self.app.work, self.answer)

    def answer(self) -> None:
        self.busy = False
        body = self.app.name.encode() + b"\n"
        last = b"Connection: close\r\n" if self.app.stopping else b""
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n%sX-Replica: %s\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (last, self.app.name.encode(), len(body), body)
        )
        if self.app.stopping:
            self.transport.close()
        else:
            self.take_request()


class App:
    def __init__(self, name: str, work: float, cleanup: float) -> None:
        self.name = name
        self.work = work
        self.cleanup = cleanup
        self.connections: set[Connection] = set()
        self.stopping = False
        self.idle = asyncio.Event()

    async def serve(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: Connection(self), "0.0.0.0", port)
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        say("listening")
        await self.idle.wait()
        await asyncio.sleep(self.cleanup)

    def stop(self) -> None:
        say("stopping")
        self.stopping = True
        self.server.close()
        for connection in self.connections:
            if not connection.busy:
                connection.transport.close()
        self.leave_if_idle()

    def leave_if_idle(self) -> None:
        if self.stopping and not self.connections:
            self.idle.set()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--startup", type=float, default=0.8, help="seconds before it listens")
    parser.add_argument("--work", type=float, default=0.02, help="seconds a request takes")
    parser.add_argument("--cleanup", type=float, default=0.25, help="seconds after the last one")
    options = parser.parse_args()
    time.sleep(options.startup)
    asyncio.run(App(options.name, options.work, options.cleanup).serve(options.port))


if __name__ == "__main__":
    main()
