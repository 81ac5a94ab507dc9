"""Many slow clients: each says one byte a second of a head that never ends, and comes back where it is cut.

  crowd.py PORT COUNT

A line "held" once every one of them has been connected, then "cut N" a second: how many were closed. It
ends when it is refused.
"""

import socket
import sys
import time

PORT, COUNT = int(sys.argv[1]), int(sys.argv[2])
HEAD = b"GET /readyz HTTP/1.1\r\nX-Slow: " + b"z" * 4000


def connect():
    client = socket.create_connection(("127.0.0.1", PORT))
    client.setblocking(False)
    return [client, 0]


def is_cut(client):
    """Says its next byte; whether the server has closed it."""
    try:
        client[0].send(HEAD[client[1]:client[1] + 1])
        client[1] += 1
        return client[0].recv(1) is not None
    except BlockingIOError:
        return False
    except OSError:
        return True


clients = [connect() for _ in range(COUNT)]
print("held", flush=True)
while True:
    begun, cut = time.monotonic(), 0
    for index, client in enumerate(clients):
        if is_cut(client):
            client[0].close()
            try:
                clients[index] = connect()
            except ConnectionRefusedError:
                sys.exit()
            cut += 1
        # Spread over the second: a crowd does not come in step.
        if index % 50 == 49:
            time.sleep(max(0.0, begun + index / COUNT - time.monotonic()))
    print("cut", cut, flush=True)
