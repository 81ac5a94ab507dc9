"""Both ends of connections, for tests of what drainit sees of them.

Each line of standard input is a Python expression over the functions below, answered with a line; a
line that begins with `probe ` goes to the program named on the command line, and its answer comes back.
"""

import socket
import subprocess
import sys
import time

listeners = {}
clients = []
servers = []


def listen(port, family="::", backlog=1024):
    kind = socket.AF_INET6 if ":" in family else socket.AF_INET
    listener = socket.socket(kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((family, port))
    listener.listen(backlog)
    listeners[port] = listener


def connect(port, to="127.0.0.1", source=None):
    kind = socket.AF_INET6 if ":" in to else socket.AF_INET
    client = socket.socket(kind)
    if source:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.bind(source)
    client.connect((to, port))
    return client


def open_some(count, port=8080, to="127.0.0.1", source=None):
    """Connections that stay: made and accepted."""
    for _ in range(count):
        clients.append(connect(port, to, source))
        servers.append(listeners[port].accept()[0])


def queue_some(count, port=8080):
    """Connections that nobody accepts, and attempts that a full queue leaves half made."""
    for _ in range(count):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port))
        clients.append(client)


def accept_some(count, port=8080):
    for _ in range(count):
        servers.append(listeners[port].accept()[0])


def send(index, count):
    """A request of so many bytes on the connection of that number, read by the server."""
    clients[index].sendall(b"x" * count)
    left = count
    while left:
        left -= len(servers[index].recv(left))


def short(count, port=8080, to="127.0.0.1", source=None, size=100, server_first=True):
    """Connections that are over at once."""
    for _ in range(count):
        client = connect(port, to, source)
        server = listeners[port].accept()[0]
        if size:
            client.sendall(b"x" * size)
            server.recv(size)
        first, second = (server, client) if server_first else (client, server)
        first.close()
        second.recv(1)
        second.close()


def close(index):
    clients[index].close()
    servers[index].recv(1)
    servers[index].close()


def wait_for_drops():
    """Waits until a SOCK_DIAG socket (protocol 4) of this namespace has lost a message."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with open("/proc/net/netlink", encoding="ascii") as table:
            rows = [line.split() for line in table][1:]
        if any(row[1] == "4" and row[8] != "0" for row in rows):
            return None
        time.sleep(0.01)
    return "nothing was dropped"


def main():
    for line in sys.stdin:
        line = line.strip()
        if line.startswith("probe "):
            probe.stdin.write(line[6:] + "\n")
            print(probe.stdout.readline().strip(), flush=True)
        else:
            print(eval(line), flush=True)  # pylint: disable=eval-used
    probe.stdin.close()
    probe.wait()


probe = subprocess.Popen(
    sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
)
main()
