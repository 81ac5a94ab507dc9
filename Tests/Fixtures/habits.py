"""A server with odd habits, each a word of its own; it ends at SIGTERM with 0.

  PORT           listens there and answers requests, one a connection
  usr1:PORT      listens there, too, from SIGUSR1 on
  usr2:PORT      stops listening there at SIGUSR2; connections that are open are served on
  dial:PORT      makes a connection to there and sends a request, twenty times a second
  hold:PORT      accepts connections there and keeps them, unread
  deaf:PORT:N    listens there with a queue of N + 1, and accepts nothing until SIGUSR1
  udp:PORT       binds a UDP socket there
It says "open WORD" for each, as soon as it is so.
"""

import resource
import signal
import socket
import sys
import threading
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"
kept = []
listeners = {}
on_usr1 = []
on_usr2 = []


def listen(port, backlog=1024):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", port))
    listener.listen(backlog)
    listeners[port] = listener
    return listener


def answer(client):
    with client:
        if b"\r\n\r\n" in client.recv(65536):
            client.sendall(ANSWER)


def serve(client):
    begin(answer, client)


def accept(listener, take):
    while True:
        try:
            take(listener.accept()[0])
        except OSError:
            return


def dial(port):
    while True:
        with socket.create_connection(("127.0.0.1", port)) as made:
            made.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            made.recv(65536)
        time.sleep(0.05)


def begin(work, *arguments):
    threading.Thread(target=work, args=arguments, daemon=True).start()


def adopt(word):
    habit, _, rest = word.rpartition(":") if word.count(":") < 2 else (word, "", "0")
    if habit == "":
        begin(accept, listen(int(rest)), serve)
    elif habit == "usr1":
        on_usr1.append(lambda: begin(accept, listen(int(rest)), serve))
    elif habit == "usr2":
        # A thread may be in accept(2), which goes on: shutting the listener down ends it.
        on_usr2.append(lambda: listeners[int(rest)].shutdown(socket.SHUT_RDWR))
        on_usr2.append(lambda: listeners.pop(int(rest)).close())
    elif habit == "dial":
        begin(dial, int(rest))
    elif habit == "hold":
        begin(accept, listen(int(rest), 4096), kept.append)
    elif habit == "udp":
        kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        kept[-1].bind(("0.0.0.0", int(rest)))
    else:
        _, port, backlog = word.split(":")
        listener = listen(int(port), int(backlog))
        on_usr1.append(lambda: begin(accept, listener, serve))
    print("open", word, flush=True)


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signals = {signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    for word in sys.argv[1:]:
        adopt(word)
    while True:
        came = signal.sigwait(signals)
        print("got", signal.Signals(came).name, flush=True)
        if came == signal.SIGTERM:
            sys.exit(0)
        for do in on_usr1 if came == signal.SIGUSR1 else on_usr2:
            do()
        print("did", signal.Signals(came).name, flush=True)


main()
