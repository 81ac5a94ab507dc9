"""A service registry as Consul has it, as far as hooks speak to one: it notes each request."""

import re
import socket
import threading
import time

import box as boxes

PORT = 8500


class Request:
    """One request, whole, and when it was there."""

    def __init__(self, raw):
        self.when = time.monotonic()
        head, _, self.body = raw.partition(b"\r\n\r\n")
        first, *fields = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = first.split(" ")
        self.fields = {name.lower(): value.strip() for name, _, value in
                       (field.partition(":") for field in fields)}

    def __repr__(self):
        return f"<{self.method} {self.path} {self.fields} {self.body!r}>"


def is_closed(connection):
    """Whether the other side has: the kernel knows at once, whoever looks when."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


class Registry:
    """Listens in a box's network. `answer` is a status line's end, or None for never an answer."""

    def __init__(self, box, answer="200 OK", port=PORT, heard=lambda request: None):
        self.requests = []
        self.answer, self._heard = answer, heard
        self._changed = threading.Condition()
        self._listener = box.socket()
        self._listener.setsockopt(boxes.socket.SOL_SOCKET, boxes.socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(64)
        self._listener.settimeout(None)
        self._kept = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        raw = b""
        while b"\r\n\r\n" not in raw:
            piece = client.recv(65536)
            if not piece:
                return
            raw += piece
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", raw)
        while length and len(raw.partition(b"\r\n\r\n")[2]) < int(length.group(1)):
            raw += client.recv(65536)
        request = Request(raw)
        self._heard(request)
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        if self.answer is None:
            self._kept.append(client)
            return
        client.sendall(f"HTTP/1.1 {self.answer}\r\nContent-Length: 5\r\n\r\ndone\n".encode())
        client.close()

    def was_left(self):
        """Whether everybody who got no answer has closed the connection."""
        return all(is_closed(client) for client in self._kept)

    def wait_for(self, path, deadline=boxes.DEADLINE):
        """Waits for a request whose path begins so; returns it."""
        end = time.monotonic() + deadline
        with self._changed:
            while True:
                for request in self.requests:
                    if request.path.startswith(path):
                        return request
                left = end - time.monotonic()
                assert left > 0, f"no request for {path}: {self.requests}"
                self._changed.wait(left)
