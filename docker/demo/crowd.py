"""A crowd of clients that keep their connections, each sending a request so often; nothing is sent twice.

A client connects anew where the answer said that its connection ends. SIGTERM ends it; then the
requests are written as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import time
from pathlib import Path

from load import TIMEOUT, Load, Pipe, exchange

LONGEST = 600.0  # seconds, whatever happens


class Crowd:
    def __init__(self, port: int, clients: int, every: float, epoch: float) -> None:
        self.port = port
        self.clients = clients
        self.every = every
        self.epoch = epoch
        self.seen: list[tuple[float, bool, str]] = []
        self.ended = asyncio.Event()

    async def run(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.ended.set)
        async with asyncio.TaskGroup() as group:
            for number in range(self.clients):
                group.create_task(self.client(self.epoch + self.every * number / self.clients))

    async def client(self, begin: float) -> None:
        """One that sends when its time has come, whatever became of the request before."""
        pipe: Pipe | None = None
        due = begin
        while not self.ended.is_set() and due < begin + LONGEST:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            at = time.monotonic()
            try:
                async with asyncio.timeout(TIMEOUT):
                    if pipe is None:
                        pipe = await asyncio.open_connection("127.0.0.1", self.port)
                    outcome, replica, keep = await exchange(pipe, b"keep-alive")
            except (TimeoutError, OSError, asyncio.IncompleteReadError):
                outcome, replica, keep = "failed", "", False
            if not keep:
                Load.close(pipe)
                pipe = None
            self.seen.append((round(at - self.epoch, 4), outcome == "ok", replica))
            due += self.every
        Load.close(pipe)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--every", type=float, required=True, help="seconds between a client's requests")
    parser.add_argument("--epoch", type=float, required=True, help="the run's begin, monotonic")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    async def run() -> Crowd:
        crowd = Crowd(options.port, options.clients, options.every, options.epoch)
        await crowd.run()
        return crowd

    options.out.write_text(json.dumps(sorted(asyncio.run(run()).seen)))


if __name__ == "__main__":
    main()
