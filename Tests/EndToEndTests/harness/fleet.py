"""Pods behind a Service that learns late, with a proxy in each or without, and clients that keep their connections.

All are in one network. The Service is HAProxy that passes connections on, whatever they speak: as with
kube-proxy, only a new connection is sent elsewhere. A pod has a slot, which says its ports.
"""

import collections
import json
import re
import shutil
import signal
import socket
import subprocess
import threading

import probing
from box import until
from conftest import FIXTURES, NOBODY, ROOT

SERVICE, POOL = 8000, 8001
SLOTS = 24
HAPROXY = ROOT / "docker" / "kubernetes" / "haproxy" / "haproxy.cfg"
ENVOY = ROOT / "docker" / "kubernetes" / "envoy" / "envoy.yaml"
JAVA = ("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


def app_port(slot):
    return 8100 + slot


def proxy_port(slot):
    return 8200 + slot


def drainit_port(slot):
    return 14400 + slot


class Apps:
    """Careless servers: SIGTERM is the end of each, whatever it is at. By name, the command for a port."""

    def __init__(self, bench, folder):
        self.bench, self.folder = bench, folder

    def command(self, kind, port, name):
        return {
            # Go's net/http without a handler ends like this.
            "go": [self.bench / "web", "--on-stop", "die", port],
            "python": ["/usr/bin/python3", self.folder / "app.py", port, name],
            "node": ["node", self.folder / "app.mjs", port, name],
            "java": [*JAVA, self.folder / "App.java", port, name],
            "grpc": ["/usr/bin/python3", self.folder / "calls.py", port, name]}[kind]


class Pod:
    """An app under drainit, and the proxy beside it, if the fleet has one."""

    def __init__(self, fleet, slot, command, options):
        self.slot, self.sidecar = slot, None
        if fleet.proxy:
            self.sidecar = fleet.proxy(fleet, slot)
            options = (*options, *self.sidecar.options)
        self.box = fleet.run([fleet.bench / "drainit", "--listen", drainit_port(slot), *options, "--", *command])
        probing.wait_for_status(self.box, 200, port=drainit_port(slot))
        self.port = proxy_port(slot) if self.sidecar else app_port(slot)
        until(lambda: fleet.service.can_connect(self.port), f"pod {slot} can be reached")

    def wait(self):
        """Waits for its end as the kubelet does, which then stops the sidecar; returns the app's code."""
        code = self.box.wait()
        if self.sidecar:
            self.sidecar.stop()
        return code


class HAProxy:
    """docker/kubernetes/haproxy, as it is."""

    options = ()
    configuration = HAPROXY

    def __init__(self, fleet, slot):
        ports = {"PROXY_PORT": proxy_port(slot), "APP_PORT": app_port(slot), "ENDPOINT_PORT": drainit_port(slot)}
        self.box = fleet.run(["haproxy", "-db", "-f", self.configuration],
                             env={name: str(value) for name, value in {**ports, **fleet.settings}.items()})

    def has_heard(self):
        return self.box.log.matching("Server drainit/drainit is DOWN, .* code: 503")

    def stop(self):
        # The image's STOPSIGNAL.
        self.box.signal(signal.SIGUSR1)
        assert self.box.wait() == 0, self.box.log.text()


class Envoy:
    """docker/kubernetes/envoy, but for the ports."""

    def __init__(self, program):
        self.program = program

    def __call__(self, fleet, slot):
        return EnvoySidecar(self.program, fleet, slot)


class EnvoySidecar:
    def __init__(self, program, fleet, slot):
        admin = 9901 + slot
        self.options = ("--on-drain", f"POST http://127.0.0.1:{admin}/healthcheck/fail")
        text = ENVOY.read_text()
        for before, after in ((9901, admin), (8000, proxy_port(slot)), (8080, app_port(slot))):
            text, count = re.subn(rf"port_value: {before}\b", f"port_value: {after}", text)
            assert count
        for before, after in fleet.settings.items():
            assert before in text
            text = text.replace(before, after)
        path = fleet.place / f"envoy-{slot}.yaml"
        path.write_text(text)
        # Where it lies another user may not read.
        self._admin = admin
        self.box = fleet.run([program, "-c", path, "--concurrency", "1", "--disable-hot-restart",
                              "--log-level", "warning"], user=())

    def has_heard(self):
        return probing.get(self.box, "/ready", port=self._admin).status == 503

    def stop(self):
        self.box.signal(signal.SIGTERM)
        assert self.box.wait() == 0, self.box.log.text()


class Fleet:
    def __init__(self, start, bench, place, proxy=None, settings=None):
        self.bench, self.place, self.proxy, self.settings = bench, place, proxy, settings or {}
        self._start, self._slots = start, iter(range(SLOTS))
        self.folder = place / "careless"
        shutil.copytree(FIXTURES / "careless", self.folder)
        self.folder.chmod(0o755)
        self.apps = Apps(bench, self.folder)
        self.control = place / "service.socket"
        port = proxy_port if proxy else app_port
        servers = "\n".join(f"  server s{slot} 127.0.0.1:{port(slot)} disabled" for slot in range(SLOTS))
        (place / "service.cfg").write_text(f"""
global
  stats socket {self.control} level admin
  maxconn 1000
defaults
  mode tcp
  retries 0
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:{SERVICE}
  default_backend back
backend back
  balance roundrobin
{servers}
""")
        self.service = start(["haproxy", "-q", "-db", "-f", place / "service.cfg"])
        # It takes its orders from a socket that it names last.
        until(lambda: self.service.can_connect(SERVICE) and self.control.exists(),
              f"it listens; it said {self.service.log.text()}")

    def run(self, command, user=NOBODY, **more):
        return self._start([*user, *command], network=f"/proc/{self.service.first}/ns/net", **more)

    def tell(self, line):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.control))
            control.sendall(line.encode() + b"\n")
            answer = control.recv(4096).decode().strip()
        assert answer == "", answer

    def add(self, kind, *options, known=True):
        """Starts a pod, waits until it is ready, and has the Service know of it."""
        slot = next(self._slots)
        command = self.apps.command(kind, app_port(slot), f"{kind}-{slot}") if isinstance(kind, str) \
            else kind(app_port(slot))
        pod = Pod(self, slot, command, options)
        if known:
            self.tell(f"set server back/s{slot} state ready")
        return pod

    def stop(self, pod, late):
        """Deletes a pod, of which the Service learns so many seconds later; returns its exit code."""
        pod.box.signal(signal.SIGTERM)
        timer = threading.Timer(late, self.tell, (f"set server back/s{pod.slot} state maint",))
        timer.start()
        code = pod.wait()
        timer.join()
        return code

    def client(self, kind, count=3):
        """Clients of a kind that keep their connections: they send until they are told to end."""
        python = ["/usr/bin/python3", self.folder / "client.py"]
        if kind == "nginx":
            return Client(self, kind, [*python, "once", POOL, count], self._pool())
        words = {"node": ["node", self.folder / "client.mjs", SERVICE, count],
                 "java": [*JAVA, self.folder / "Client.java", SERVICE, count]}
        return Client(self, kind, words.get(kind) or [*python, kind, SERVICE, count])

    def _pool(self):
        """nginx with a pool of connections to the Service."""
        paths = "\n".join(f"{kind}_temp_path {self.place}/{kind};"
                          for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.place / "nginx.conf").write_text(f"""
            daemon off; pid {self.place}/pid; error_log stderr error; worker_processes 1;
            events {{}}
            http {{ access_log off; {paths}
              upstream service {{ server 127.0.0.1:{SERVICE} max_fails=0; keepalive 8; }}
              server {{ listen {POOL};
                location / {{ proxy_pass http://service; proxy_http_version 1.1;
                  proxy_set_header Connection ""; proxy_next_upstream off; }} }} }}""")
        box = self.run(["nginx", "-c", self.place / "nginx.conf"])
        until(lambda: box.can_connect(POOL), f"nginx listens; it said {box.log.text()}")
        return box


class Client:
    """Some clients of one kind, with what became of all their requests so far."""

    def __init__(self, fleet, kind, command, beside=None):
        self.kind, self.beside = kind, beside
        self.answers, self.failed = collections.Counter(), []
        self._told = 0
        self.box = fleet.run(command, stdin=subprocess.PIPE)

    def _next(self):
        self._told += 1
        self.box.out.wait_for("^{", count=self._told)
        told = json.loads(self.box.out.matching("^{")[self._told - 1])
        self.answers.update(told["answers"])
        self.failed += told["failed"]
        return told["answers"]

    def since(self):
        """How many answers each has given since this was asked last."""
        self.box.tell("")
        return self._next()

    def wait_for(self, count):
        """Waits until it has had so many answers."""
        until(lambda: self.since() is not None and self.answers.total() >= count,
              f"{self.kind} is answered {count} times; it has {self.answers}, {self.failed[:3]}")

    def end(self):
        self.box.hang_up()
        self._next()
        assert self.box.wait() == 0, self.box.log.text()
        return self
