"""HAProxy before an old and a new server, told late that the old one leaves."""

import socket
import threading

from box import until

OLD, NEW, FRONT = 8080, 8081, 8000
POOL = "http-reuse always"
ALONE = "http-reuse never\n  option http-server-close"


def configuration(backend, mode="http", above=""):
    """HAProxy's file, in which nothing is tried twice: what is lost shows."""
    return f"""
{above}
defaults
  mode {mode}
  retries 0
  timeout connect 2s
  timeout client 30s
  timeout server 10s
frontend front
  bind 127.0.0.1:{FRONT}
  default_backend back
backend back
  {backend}
"""


class Balancer:
    """HAProxy before two servers, of which the first is the old one."""

    mode = "http"
    servers = f"""
  server old 127.0.0.1:{OLD}
  server new 127.0.0.1:{NEW} disabled"""

    def __init__(self, start, place, old, reuse):
        self.control = place / "haproxy.socket"
        self.box = start(
            ["haproxy", "-q", "-db", "-f", self._configuration(place, reuse)],
            network=f"/proc/{old.first}/ns/net")
        until(lambda: old.can_connect(FRONT), f"HAProxy listens; it said {self.box.log.text()}")

    def _configuration(self, place, reuse):
        path = place / "haproxy.cfg"
        path.write_text(configuration(
            f"{reuse if self.mode == 'http' else ''}\n{self.servers}", mode=self.mode,
            above=f"global\n  stats socket {self.control} level admin"))
        return path

    def tell(self, line):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.control))
            control.sendall(line.encode() + b"\n")
            answer = control.recv(4096).decode().strip()
        assert answer == "", answer

    def learn(self, seconds):
        """Learns so many seconds from now that the old server leaves."""
        def switch():
            self.tell("set server back/new state ready")
            self.tell("set server back/old state maint")
        timer = threading.Timer(seconds, switch)
        timer.start()
        return timer
