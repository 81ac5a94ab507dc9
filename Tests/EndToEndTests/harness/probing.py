"""HTTP as a prober speaks it, over sockets of a box, and raw bytes as nobody should."""

import re
import time

import box as boxes

PORT = 14315


class NoAnswer(AssertionError):
    """What came back is no HTTP answer."""


class Answer:
    """One HTTP answer, taken apart."""

    def __init__(self, raw):
        self.raw = raw
        head, _, self.body = raw.partition(b"\r\n\r\n")
        first, *fields = head.decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.[01] (\d{3})(?: .*)?", first)
        if not match:
            raise NoAnswer(f"not an HTTP answer: {raw[:200]!r}")
        self.status = int(match.group(1))
        self.fields = {}
        for field in fields:
            name, _, value = field.partition(":")
            self.fields[name.strip().lower()] = value.strip()

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def __repr__(self):
        return f"<{self.status} {self.text!r}>"


def read_all(connection):
    """Everything until the other side closes. A reset after an answer ends it, too."""
    pieces = []
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            break
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)


def raw(box, data, port=PORT, address="127.0.0.1"):
    """Sends bytes; returns all that comes back."""
    with box.connect(port, address) as connection:
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return read_all(connection)


def get(box, path="/readyz", port=PORT, method="GET", address="127.0.0.1", fields=()):
    """One request with a connection of its own, as the kubelet does it."""
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "User-Agent: kube-probe/1.30",
             "Connection: close", *fields]
    return Answer(raw(box, ("\r\n".join(lines) + "\r\n\r\n").encode(), port, address))


def wait_for_status(box, status, path="/readyz", port=PORT, deadline=boxes.DEADLINE):
    """Probes until the answer has this status; returns it."""
    end = time.monotonic() + deadline
    last = None
    while time.monotonic() < end:
        assert box.is_running, f"it ended while {path} should become {status}:\n{box.log.text()}"
        try:
            last = get(box, path, port)
            if last.status == status:
                return last
        except OSError as error:
            last = error
        except NoAnswer:
            # Its end closes a connection without a word, and is told a moment later; nothing else may.
            time.sleep(0.5)
            if box.is_running:
                raise
        time.sleep(0.01)
    raise AssertionError(f"{path} was never {status}; last: {last}\n{box.log.text()}")


def wait_until_ready(box, port=PORT):
    return wait_for_status(box, 200, "/readyz", port)
