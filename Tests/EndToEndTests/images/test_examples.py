"""Every example is built from its own Dockerfile, put under load, stopped, and loses no request.

The base images are this machine's /usr (machine.py), so what `RUN pip install` would bring are
Debian's packages instead. The platform pretends to be Kubernetes: a window of 5s at least, that ends
by itself when the traffic has.
"""

import json
import pathlib
import re
import select
import subprocess
import threading
import time

import pytest
import yaml

import compose
import probing
from conftest import ROOT
from box import DEADLINE, until
from machine import VOLUME, make_image
from podman import Podman

EXAMPLES = ROOT / "docker" / "examples"
PLATFORM = ("--env", "KUBERNETES_SERVICE_HOST=10.0.0.1")
# The maximum is longer than the platform's, since how fast a balancer asks is this machine's: seconds may be
# needed for its silence to tell.
KUBERNETES = (*PLATFORM, "--env", "DRAINIT_DRAIN=5s..25s")
# A balancer goes on for so long after it could have known, and then until there was traffic enough for its
# silence to tell.
PROPAGATION = 1.5
ENOUGH = 20


@pytest.fixture(scope="module")
def podman(bench):
    engine = Podman()
    make_image(engine, "localhost/machine")
    engine.build("localhost/drainit", ["FROM scratch", "COPY drainit /drainit"], [bench / "drainit"])
    yield engine
    engine.close()


def build(podman, name, folder):
    """Builds an example as its README says, without what would ask a registry."""
    text = (EXAMPLES / name / "Dockerfile").read_text()
    (folder / "Dockerfile").write_text(re.sub(r"^RUN pip .*\n", "", text, flags=re.M))
    podman.call("build", "--quiet", "--file", folder / "Dockerfile", "--tag", f"localhost/{name}",
                "--build-arg", "BASE=localhost/machine", "--build-arg", "JDK=localhost/machine",
                *VOLUME, EXAMPLES / name)
    return f"localhost/{name}"


@pytest.fixture
def run(podman, place):
    """Builds an example and starts it: run("nginx")."""

    def start(name, *command, options=KUBERNETES, **more):
        image = build(podman, name, place)
        return podman.run(image, *command, options=(*VOLUME, *options), **more)

    return start


class Load(threading.Thread):
    """One request after another, each on a new connection, until told to end."""

    def __init__(self, request):
        super().__init__(daemon=True)
        self._request, self._ends = request, threading.Event()
        self.made, self.failed = 0, []
        self.start()

    def run(self):
        while not self._ends.wait(0.02):
            try:
                self._request()
            except (OSError, AssertionError) as error:
                self.failed.append((self.made, repr(error)))
            self.made += 1

    def leave(self):
        """Goes on for as long as a balancer does, and ends."""
        told = self.made
        time.sleep(PROPAGATION)
        until(lambda: self.made >= told + ENOUGH, "there was traffic in the window")
        self.end()

    def end(self):
        self._ends.set()
        self.join(DEADLINE)
        assert not self.is_alive() and self.made and not self.failed, self.failed


def stop_under(load, container):
    """`podman stop`, and a balancer that goes on until a moment after it has been told."""
    until(lambda: load.made >= ENOUGH, "some requests were made")
    stopping = threading.Thread(target=container.stop, args=(60,), daemon=True)
    stopping.start()
    # Not by its probe: in Kubernetes that is answered as the kubelet's, which is told later.
    container.log.wait_for("draining for")
    load.leave()
    code = container.wait()
    stopping.join(DEADLINE)
    return code


def get(container, port, path="/"):
    def request():
        assert probing.get(container, path, port=port).status == 200

    return request


def ping(container):
    with container.connect(6379) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(64) == b"+PONG\r\n"


SERVERS = {"nginx": 8080, "python": 8000, "node": 3000, "java": 8080, "shell": 8000}


@pytest.mark.parametrize("name", SERVERS)
def test_a_web_server_loses_nothing_and_its_window_ends_by_itself(run, name):
    container = run(name)
    probing.wait_until_ready(container)
    load = Load(get(container, SERVERS[name]))
    assert stop_under(load, container) == 0, container.log.text()
    assert container.log.matching(r"^drainit: drained in .*\(quiet[;)]"), container.log.text()
    assert container.log.matching({"nginx": "SIGQUIT to nginx"}.get(name, "SIGTERM to "))


def test_the_forked_server_finishes_after_its_shell_has_died(run):
    container = run("shell", options=("--env", "DRAINIT_DRAIN=1s"))
    probing.wait_until_ready(container)
    with container.connect(8000) as connection:
        connection.sendall(b"GET /slow HTTP/1.0\r\n\r\n")
        container.stop(60)
        assert probing.read_all(connection).endswith(b"ok\n")
    assert container.wait() == 0, container.log.text()
    assert container.out.matching("^finished")


def test_redis_is_another_user_and_its_port_is_seen(run):
    container = run("redis")
    probing.wait_until_ready(container)
    load = Load(lambda: ping(container))
    assert stop_under(load, container) == 0, container.log.text()
    assert container.log.matching(r"^drainit: drained in .*\(quiet[;)]")
    assert container.log.matching("SIGTERM to redis-server")


def test_the_worker_finishes_its_job_at_once(run):
    container = run("worker", options=PLATFORM)
    container.out.wait_for("job begun", count=2)
    container.stop(60)
    assert container.wait() == 0
    lines = container.out.all()
    assert len(container.out.matching("begun")) == len(container.out.matching("done")), lines
    assert not container.log.matching("drained in [1-9]")


def websocket(container):
    """A connection that has shaken hands and has had one message echoed."""
    connection = container.connect(8765)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096)
    assert head.startswith(b"HTTP/1.1 101 ")
    connection.sendall(b"\x81\x82\0\0\0\0hi")
    assert connection.recv(4096) == b"\x81\x02hi"
    return connection


def test_websocket_clients_are_asked_to_move_and_the_window_ends_when_they_have(run):
    container = run("websocket", options=())
    probing.wait_until_ready(container)
    clients = [websocket(container) for _ in range(10)]
    stopping = threading.Thread(target=container.stop, args=(320,), daemon=True)
    stopping.start()
    codes = []
    while clients:
        for client in select.select(clients, [], [], DEADLINE)[0]:
            frame = client.recv(4096)
            if frame[:1] == b"\x88":
                codes.append(int.from_bytes(frame[2:4], "big"))
                client.sendall(b"\x88\x82\0\0\0\0" + frame[2:4])
            elif not frame:
                clients.remove(client)
    assert codes == [1012] * 10
    # At 5 s, its least, or when the connections that were closing were gone.
    assert container.wait() == 0, container.log.text()
    stopping.join(DEADLINE)
    assert container.log.matching(r"^drainit: drained in .*\(closed[;)]")


def test_grpc_calls_are_answered_until_the_window_is_over(run):
    container = run("grpc")
    probing.wait_until_ready(container)
    client = subprocess.Popen(
        ["nsenter", "--target", str(container.first), "--net", "/usr/bin/python3",
         EXAMPLES / "grpc" / "client.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    stopping = threading.Thread(target=container.stop, args=(60,), daemon=True)
    stopping.start()
    container.log.wait_for("draining for")
    time.sleep(PROPAGATION)
    out, err = client.communicate("\n", timeout=DEADLINE)
    made, failed = map(int, out.split())
    assert made > 5 and failed == 0, err
    assert container.wait() == 0, container.log.text()
    stopping.join(DEADLINE)
    assert container.log.matching(r"^drainit: drained in .*\(quiet[;)]")


def test_the_pod_has_two_that_drain_side_by_side(podman, place):
    image = build(podman, "pod", place)
    manifest = yaml.safe_load((EXAMPLES / "pod" / "pod.yaml").read_text())
    pods = []
    for spec in manifest["spec"]["containers"]:
        settings = [f"--env={item['name']}={item['value']}" for item in spec["env"]]
        network = f"container:{pods[0][0].name}" if pods else "none"
        container = podman.run(image, *spec["args"], network=network, options=(
            *VOLUME, *KUBERNETES, "--user", str(manifest["spec"]["securityContext"]["runAsUser"]),
            *settings))
        probe = spec["readinessProbe"]["httpGet"]
        assert probe["port"] == spec["livenessProbe"]["httpGet"]["port"]
        probing.wait_for_status(container, 200, probe["path"], probe["port"])
        pods.append((container, spec["ports"][0]["containerPort"], probe["port"]))
    loads = [Load(get(container, port)) for container, port, _ in pods]
    until(lambda: all(load.made >= ENOUGH for load in loads), "some requests were made")
    for container, _, _ in pods:
        container.kill("TERM")
    for container, _, _ in pods:
        container.log.wait_for("draining for")
    for load in loads:
        load.leave()
    for container, _, _ in reversed(pods):
        assert container.wait() == 0, container.log.text()
        assert container.log.matching(r"^drainit: drained in .*\(quiet[;)]")


def composed(bench, name, *stopped):
    """A Compose example under load, of which some is stopped, or all."""
    done = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
         "/usr/bin/python3", pathlib.Path(compose.__file__), bench / "drainit", EXAMPLES / name,
         *stopped], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_compose_stops_a_replica_behind_the_balancer_and_loses_nothing(bench):
    result = composed(bench, "compose", "web1")
    assert result["made"] > 100 and not result["failed"], result
    assert result["code"] == 0
    # How soon the balancer has probed so often is this machine's: its maximum is the example's own.
    assert re.search(r"^drainit: drained in .*\((probed|max)[;)]", result["log"], re.M), result["log"]


def test_compose_stops_an_app_whose_proxy_has_said_goodbye(bench):
    result = composed(bench, "haproxy")
    assert result["made"] > 20 and not result["failed"], result
    # A moment after the stop began every answer is the last one on its connection.
    first, made = result["ended"][0], result["made"]
    assert made - first > 5 and result["ended"] == [*range(first, made)], result
    assert result["code"] == 0
    assert re.search(r"^drainit: drained in .*\(quiet[;)]", result["log"], re.M), result["log"]


def test_the_configuration_of_the_example_is_the_components():
    mine, theirs = (folder / "haproxy" / "haproxy.cfg" for folder in (EXAMPLES, ROOT / "docker/kubernetes"))
    assert mine.read_text() == theirs.read_text()
