"""The scale-out demonstration: from three pods to six, while clients keep their connections.

`docker/demo/run scale-out` starts it. Once the pods are as they are, and once HAProxy stands beside
each app, as docker/kubernetes/haproxy has it, and ends each connection at an age.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from balancer import PORT, Balancer
from node import APP_PORT, PATIENCE, Container, connect, disconnect, ip

HERE = Path(__file__).resolve().parent
HAPROXY = HERE.parent / "kubernetes" / "haproxy" / "haproxy.cfg"
PROXY_PORT = 8000  # as the configuration has it
READYZ_PORT = 14315

# As kube-proxy and a cloud's network balancer do it: a connection is sent somewhere once.
SERVICE = """\
global
  maxconn 1000
  stats socket {control} level admin
defaults
  mode tcp
  retries 0
  balance roundrobin
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend clients
  bind 127.0.0.1:{port}
  default_backend replicas
backend replicas
{servers}
"""


@dataclass
class Scale:
    """What is asked for. All times in seconds."""

    pods: int = 3  # before it, and as many come
    clients: int = 120
    every: float = 0.5  # between a client's requests
    age: int = 5  # a connection lives so long to twice as long
    before: float = 6.0
    after: float = 34.0
    drainit: str = ""  # the binary


@dataclass
class Growth:
    """One scale-out, seen by the clients."""

    name: str
    caption: str
    aged: bool
    added: float = 0.0  # when the balancer knew the new pods, in seconds since the run began
    length: float = 0.0
    requests: list[tuple[float, bool, str]] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return sum(not ok for _, ok, _ in self.requests)

    def share(self, seconds: float) -> float:
        """The new pods' part of the load in the last so many seconds."""
        last = [replica for at, ok, replica in self.requests if ok and at > self.length - seconds]
        return sum(replica.startswith("new") for replica in last) / max(1, len(last))

    @property
    def headline(self) -> str:
        lost = f"{self.failed:,} of {len(self.requests):,} lost"
        return f"{100 * self.share(10):.0f} % of the load on the new pods, {lost}"


class Service(Balancer):
    configuration = SERVICE


class Pods:
    def __init__(self, growth: Growth, scale: Scale, folder: Path, cleanup: ExitStack) -> None:
        self.growth = growth
        self.scale = scale
        self.folder = folder
        self.cleanup = cleanup
        self.old = [f"old-{number + 1}" for number in range(scale.pods)]
        self.new = [f"new-{number + 1}" for number in range(scale.pods)]
        self.addresses: dict[str, str] = {}
        for number, name in enumerate(self.old + self.new):
            self.addresses[name] = connect(name, number)
            cleanup.callback(disconnect, name)
        port = PROXY_PORT if growth.aged else APP_PORT
        servers = {name: f"{address}:{port}" for name, address in self.addresses.items()}
        self.service = Service(folder, servers, 0)
        cleanup.callback(self.service.close)

    def start(self, names: list[str]) -> None:
        """Starts pods, and the balancer knows of them when all are ready."""
        pods = []
        for name in names:
            if self.growth.aged:
                self.proxy(name)
            pods.append(Container(name, self.addresses[name], [self.scale.drainit, "--"], self.folder))
            self.cleanup.callback(pods[-1].close)
        for pod in pods:
            pod.wait_until_ready(READYZ_PORT, "/readyz")
        time.sleep(0.5)  # HAProxy has heard it, too
        for name in names:
            self.service.set_in_service(name, True)

    def proxy(self, name: str) -> None:
        process = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{name}", "haproxy", "-db", "-q", "-f", str(HAPROXY)],
            env={"PATH": os.environ["PATH"], "AGE": str(self.scale.age), "APP_PORT": str(APP_PORT)},
            start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.cleanup.callback(process.kill)

    def perform(self) -> None:
        self.start(self.old)
        epoch = time.monotonic() + 1  # by then the crowd has come
        out = self.folder / "requests.json"
        words = ["--port", PORT, "--clients", self.scale.clients, "--every", self.scale.every]
        words += ["--epoch", epoch, "--out", out]
        crowd = subprocess.Popen(
            [sys.executable, str(HERE / "crowd.py"), *map(str, words)], start_new_session=True
        )
        self.cleanup.callback(crowd.kill)
        time.sleep(self.scale.before)
        self.start(self.new)
        self.growth.added = round(time.monotonic() - epoch, 3)
        time.sleep(self.scale.after)
        self.growth.length = round(time.monotonic() - epoch, 3)
        crowd.terminate()
        if crowd.wait(PATIENCE) != 0:
            raise RuntimeError("the load generator failed")
        self.growth.requests = [tuple(one) for one in json.loads(out.read_text())]


def growths(scale: Scale) -> list[Growth]:
    return [
        Growth("Connections that are kept", "Each client stays on the pod that it first came to: the new ones idle.",
               aged=False),
        Growth("HAProxy beside the app",
               f"Each connection ends with an answer when it is {scale.age} to {2 * scale.age} s old, and its client "
               "comes back to any pod.", aged=True),
    ]


def write(path: Path, scale: Scale, runs: list[Growth]) -> None:
    path.write_text(json.dumps({"scale": asdict(scale), "runs": [asdict(run) for run in runs]}))


def read(path: Path) -> tuple[Scale, list[Growth]]:
    raw = json.loads(path.read_text())
    return Scale(**raw["scale"]), [Growth(**run) for run in raw["runs"]]


def main() -> None:
    """Inside namespaces of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scale")
    parser.add_argument("record", type=Path)
    options = parser.parse_args()
    scale = Scale(**json.loads(options.scale))
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    ip("link", "set", "lo", "up")
    runs = growths(scale)
    for run in runs:
        with ExitStack() as cleanup:
            folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(dir="/run")))
            Pods(run, scale, folder, cleanup).perform()
        print(f"{run.name}: {run.headline}", flush=True)
    write(options.record, scale, runs)


if __name__ == "__main__":
    main()
