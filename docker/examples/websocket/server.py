"""A WebSocket server that asks its clients to move when it is told that it will have to stop."""

import asyncio
import random
import signal

import websockets

SPREAD = 2  # seconds over which clients are sent away, so that they do not all come back at once

clients = set()


async def serve(client, *_):
    clients.add(client)
    try:
        async for message in client:
            await client.send(message)
    finally:
        clients.discard(client)


async def move(client):
    await asyncio.sleep(random.uniform(0, SPREAD))
    # 1012, service restart: a client that knows it connects again, elsewhere.
    await client.close(1012)


def notice():
    for client in clients:
        asyncio.ensure_future(move(client))


async def main():
    loop = asyncio.get_running_loop()
    stopped = loop.create_future()
    loop.add_signal_handler(signal.SIGUSR1, notice)
    loop.add_signal_handler(signal.SIGTERM, stopped.set_result, None)
    async with websockets.serve(serve, "", 8765):
        await stopped


asyncio.run(main())
