"""The load: a steady number of requests a second, whatever becomes of them.

Three in four go out on a new connection each, the rest on a few kept-alive connections. A request
is sent when its time has come, not when the one before it was answered, so a slow answer does not
hide a failure. Nothing is ever sent twice. SIGTERM ends it; then the requests are written as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import time
from pathlib import Path

TIMEOUT = 5.0  # seconds for one request; more counts as failed
LONGEST = 600.0  # seconds, whatever happens
IN_FLIGHT = 300  # requests at once; a bound, not a goal
KEPT = 10  # kept-alive connections
KEPT_SHARE = 4  # one request in so many goes out on them

Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Load:
    def __init__(self, port: int, rate: int, epoch: float) -> None:
        self.port = port
        self.rate = rate
        self.epoch = epoch
        self.seen: list[tuple[float, float, bool, str, str]] = []
        self.ended = asyncio.Event()
        self.room = asyncio.Semaphore(IN_FLIGHT)
        self.pool: list[Pipe | None] = [None] * KEPT
        self.locks = [asyncio.Lock() for _ in range(KEPT)]

    async def run(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.ended.set)
        begin = time.monotonic()
        tasks: set[asyncio.Task[None]] = set()
        number = 0
        while not self.ended.is_set() and number < LONGEST * self.rate:
            await asyncio.sleep(max(0.0, begin + number / self.rate - time.monotonic()))
            await self.room.acquire()
            task = asyncio.create_task(self.send(number))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
        await asyncio.gather(*tasks)
        for pipe in self.pool:
            self.close(pipe)

    async def send(self, number: int) -> None:
        kept = number % KEPT_SHARE == 0
        begin = time.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT):
                if kept:
                    outcome, replica = await self.on_kept(number // KEPT_SHARE % KEPT)
                else:
                    outcome, replica = await self.on_new()
        except TimeoutError:
            outcome, replica = "timeout", ""
        except ConnectionRefusedError:
            outcome, replica = "refused", ""
        except (OSError, asyncio.IncompleteReadError):
            outcome, replica = "connection closed", ""
        finally:
            self.room.release()
        took = time.monotonic() - begin
        self.seen.append((round(begin - self.epoch, 4), round(took, 4), kept, outcome, replica))

    async def on_new(self) -> tuple[str, str]:
        pipe = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            outcome, replica, _ = await exchange(pipe, b"close")
        finally:
            self.close(pipe)
        return outcome, replica

    async def on_kept(self, slot: int) -> tuple[str, str]:
        async with self.locks[slot]:
            pipe = self.pool[slot]
            self.pool[slot] = None  # until the answer has shown that it may be kept
            if pipe is None:
                pipe = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                outcome, replica, keep = await exchange(pipe, b"keep-alive")
            except BaseException:
                self.close(pipe)
                raise
            if keep:
                self.pool[slot] = pipe
            else:
                self.close(pipe)
            return outcome, replica

    @staticmethod
    def close(pipe: Pipe | None) -> None:
        if pipe is not None:
            pipe[1].close()


async def exchange(pipe: Pipe, connection: bytes) -> tuple[str, str, bool]:
    """Sends a request; returns what became of it, who answered, and if the connection stays."""
    reader, writer = pipe
    writer.write(b"GET / HTTP/1.1\r\nHost: demo\r\nConnection: " + connection + b"\r\n\r\n")
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:])
    fields = {name.lower(): value.strip() for name, _, value in pairs}
    # An error page of the balancer's may end with the connection instead of having a length.
    if "content-length" in fields:
        await reader.readexactly(int(fields["content-length"]))
    status = head[0].split()[1]
    keep = "content-length" in fields and fields.get("connection", "").lower() != "close"
    return "ok" if status == "200" else status, fields.get("x-replica", ""), keep


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=int, required=True)
    parser.add_argument("--epoch", type=float, required=True, help="the run's begin, monotonic")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    async def run() -> Load:
        load = Load(options.port, options.rate, options.epoch)
        await load.run()
        return load

    names = ("at", "took", "kept", "outcome", "replica")
    seen = sorted(asyncio.run(run()).seen)
    options.out.write_text(json.dumps([dict(zip(names, request)) for request in seen]))


if __name__ == "__main__":
    main()
