"""The balancer: HAProxy, which is told of each replica by its runtime API, late."""

from __future__ import annotations

import socket
import subprocess
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

PORT = 8000

# No retries, no redispatch: a lost request must be seen as one. kube-proxy, a cloud's network
# balancer and most service meshes work on connections and cannot retry; those that can may only
# retry what is safe to do twice, which a POST is not. So what a retry hides here would be lost
# elsewhere, and the demonstration counts it.
#
# No health checks either: in a cluster the list of endpoints says who gets traffic. Servers are
# there from the start, out of service, as the ingress controllers keep spare slots.
CONFIGURATION = """\
global
  maxconn 400
  stats socket {control} level admin
defaults
  mode http
  retries 0
  no option redispatch
  balance roundrobin
  timeout connect 2s
  timeout client 30s
  timeout server 10s
frontend clients
  bind 127.0.0.1:{port}
  default_backend replicas
backend replicas
{servers}
"""


class Balancer:
    """`learn` makes it know of a change after the propagation delay, in the background."""

    configuration = CONFIGURATION

    def __init__(self, folder: Path, servers: dict[str, str], delay: float) -> None:
        self.control = folder / "haproxy.socket"
        self.delay = delay
        self.later = ThreadPoolExecutor()
        lines = [f"  server {name} {address} disabled" for name, address in servers.items()]
        configuration = folder / "haproxy.cfg"
        configuration.write_text(
            self.configuration.format(control=self.control, port=PORT, servers="\n".join(lines))
        )
        # A session of its own, as for every process here: a terminal's Ctrl-C is the
        # demonstration's, which ends them in order.
        self.process = subprocess.Popen(
            ["haproxy", "-q", "-db", "-f", str(configuration)], start_new_session=True
        )
        self.wait_until_there()

    def wait_until_there(self) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", PORT), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("haproxy did not start")

    def command(self, line: str) -> None:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(5)
            control.connect(str(self.control))
            control.sendall(line.encode() + b"\n")
            answer = control.recv(4096).decode().strip()
        if answer:
            raise RuntimeError(f"haproxy: {line}: {answer}")

    def set_in_service(self, name: str, wanted: bool) -> float:
        """Returns when it was done."""
        self.command(f"set server replicas/{name} state {'ready' if wanted else 'maint'}")
        return time.monotonic()

    def learn(self, name: str, wanted: bool) -> Future[float]:
        known = time.monotonic() + self.delay

        def change() -> float:
            time.sleep(max(0.0, known - time.monotonic()))
            return self.set_in_service(name, wanted)

        return self.later.submit(change)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.later.shutdown(wait=False, cancel_futures=True)
