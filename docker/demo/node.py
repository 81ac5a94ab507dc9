"""One replica on its own: a network namespace, a PID namespace, and an init in it as PID 1."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

APP = Path(__file__).with_name("app.py")
APP_PORT = 8080
PATIENCE = 30.0  # seconds for a start, and for a stop beyond its plan


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def connect(name: str, number: int) -> str:
    """Makes the network namespace NAME with a link to us; returns its address."""
    ip("netns", "add", name)
    ip("link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
    ip("address", "add", f"10.42.{number}.1/24", "dev", f"to-{name}")
    ip("link", "set", f"to-{name}", "up")
    address = f"10.42.{number}.2"
    ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
    ip("-n", name, "link", "set", "eth0", "up")
    ip("-n", name, "link", "set", "lo", "up")
    return address


def disconnect(name: str) -> None:
    # The link by itself: with its namespace it goes in the background, and its name is free late.
    ip("link", "delete", f"to-{name}")
    ip("netns", "delete", name)


def child_of(parent: int) -> int:
    """The process whose parent it is, as we number processes; 0 if there is none yet."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The program's name may have blanks and parentheses: count from the last one.
            after_name = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == parent:
            return int(status.parent.name)
    return 0


class Container:
    """A running replica, as a kubelet sees it: it may probe it, send SIGTERM and wait."""

    def __init__(self, name: str, address: str, init: list[str], folder: Path) -> None:
        self.name = name
        self.address = address
        self.output = folder / f"{name}.out"
        self.errors = folder / f"{name}.err"
        app = [sys.executable, str(APP), "--name", name, "--port", str(APP_PORT)]
        own = ["nsenter", f"--net=/run/netns/{name}", "unshare", "--pid", "--fork", "--kill-child"]
        with self.output.open("wb") as output, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [*own, "--mount", "--mount-proc", "--", *init, *app],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                # Nothing but a path: an option of drainit's is in the command line or nowhere.
                env={"PATH": os.environ["PATH"]},
                start_new_session=True,
            )

    def wait_until_ready(self, port: int, path: str) -> float:
        """Probes as a kubelet does, just more often; returns when the answer was 200."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            probe = http.client.HTTPConnection(self.address, port, timeout=1)
            try:
                probe.request("GET", path)
                if probe.getresponse().status == 200:
                    return time.monotonic()
            except (OSError, http.client.HTTPException):
                pass
            finally:
                probe.close()
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} did not become ready\n{self.errors.read_text()}")

    def terminate(self) -> None:
        init = child_of(self.process.pid)
        if init == 0:
            raise RuntimeError(f"{self.name} ended by itself\n{self.errors.read_text()}")
        os.kill(init, signal.SIGTERM)

    def wait_until_gone(self, at_most: float) -> tuple[float, int]:
        """Returns when it had ended and its exit code."""
        try:
            code = self.process.wait(at_most + PATIENCE)
        except subprocess.TimeoutExpired as late:
            raise RuntimeError(f"{self.name} did not end\n{self.errors.read_text()}") from late
        return time.monotonic(), code

    def app_event(self, event: str) -> float | None:
        """When the app says that it did this."""
        for line in self.output.read_text().splitlines():
            word, _, at = line.partition(" ")
            if word == event:
                return float(at)
        return None

    def close(self) -> None:
        self.process.kill()  # unshare's --kill-child takes PID 1 with it, and that the rest
        self.process.wait()
