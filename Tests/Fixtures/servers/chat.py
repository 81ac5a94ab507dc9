"""A WebSocket server whose connections stay, and its clients: chat.py serve PORT | talk PORT COUNT

At SIGUSR1, its notice, the server asks the clients one by one to move; at SIGTERM it ends.
Each client says something ten times a second; told to move, it closes and connects anew. When its
input ends, `talk` closes all and prints how many answers there were, and a line for whatever went
wrong: a connection that ended before the client was told.
"""

import asyncio
import signal
import sys

import websockets

# How far apart the clients are asked to move, in seconds.
APART = 0.3


async def serve(port):
    clients, ends = set(), asyncio.Event()

    async def talk(client):
        clients.add(client)
        try:
            async for message in client:
                await client.send(message)
        finally:
            clients.discard(client)

    async def ask_to_move():
        # Who comes back, since the balancer does not know yet, is asked again.
        while not ends.is_set():
            for client in list(clients):
                if client in clients and client.open:
                    await client.send("move")
                await asyncio.sleep(APART)
            await asyncio.sleep(APART)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: asyncio.ensure_future(ask_to_move()))
    loop.add_signal_handler(signal.SIGTERM, ends.set)
    async with websockets.serve(talk, "127.0.0.1", port):
        print("listening", flush=True)
        await ends.wait()
    print(f"open at the end: {len(clients)}", flush=True)


async def one_client(uri, over, answers):
    while not over.is_set():
        async with websockets.connect(uri) as connection:
            isMoving = False
            while not over.is_set() and not isMoving:
                await connection.send("hello")
                answer = await asyncio.wait_for(connection.recv(), 10)
                if answer == "move":
                    isMoving = True
                    # Its own answer is still due.
                    answer = await asyncio.wait_for(connection.recv(), 10)
                answers.append(answer)
                await asyncio.sleep(0.1)


async def talk(port, count):
    over, answers = asyncio.Event(), []
    loop = asyncio.get_running_loop()
    clients = [asyncio.ensure_future(one_client(f"ws://127.0.0.1:{port}", over, answers))
               for _ in range(count)]
    await loop.run_in_executor(None, sys.stdin.read)
    over.set()
    for client, result in enumerate(await asyncio.gather(*clients, return_exceptions=True)):
        if result is not None:
            print(f"failed: client {client}: {result!r}", flush=True)
    print(f"answers: {answers.count('hello')}", flush=True)


if sys.argv[1] == "serve":
    asyncio.run(serve(int(sys.argv[2])))
else:
    asyncio.run(talk(int(sys.argv[2]), int(sys.argv[3])))
