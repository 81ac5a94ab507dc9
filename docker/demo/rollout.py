"""The rolling updates. Runs inside namespaces of its own (see __main__.py), one run a plan.

Called with the settings as JSON and the name of the record to write.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from balancer import PORT, Balancer
from node import APP_PORT, Container, connect, disconnect, ip
from record import Record, Replica, Request, Run, Settings
from runs import Plan, plans

REPLICAS = 3
SETTLE = 0.5  # seconds between two steps


class Rollout:
    """Three old replicas are replaced by three new ones, one by one, while requests flow."""

    def __init__(self, plan: Plan, settings: Settings, folder: Path, cleanup: ExitStack) -> None:
        self.plan = plan
        self.settings = settings
        self.folder = folder
        self.cleanup = cleanup
        self.epoch = time.monotonic()
        self.run = Run(plan.name, plan.caption, plan.must, started=0.0)
        self.old = [f"old-{number + 1}" for number in range(REPLICAS)]
        self.new = [f"new-{number + 1}" for number in range(REPLICAS)]
        self.addresses: dict[str, str] = {}
        for number, name in enumerate(self.old + self.new):
            self.addresses[name] = connect(name, number)
            cleanup.callback(disconnect, name)
        servers = {name: f"{address}:{APP_PORT}" for name, address in self.addresses.items()}
        self.balancer = Balancer(folder, servers, settings.delay)
        cleanup.callback(self.balancer.close)
        self.containers: dict[str, Container] = {}
        self.replicas: dict[str, Replica] = {}

    def since(self, at: float) -> float:
        return round(at - self.epoch, 4)

    def create(self, name: str) -> None:
        replica = Replica(name, self.since(time.monotonic()))
        container = Container(name, self.addresses[name], self.plan.init, self.folder)
        self.cleanup.callback(container.close)
        self.replicas[name] = replica
        self.containers[name] = container
        self.run.replicas.append(replica)

    def wait_until_ready(self, name: str) -> None:
        self.replicas[name].ready = self.since(
            self.containers[name].wait_until_ready(*self.plan.ready)
        )

    def begin(self) -> None:
        """The old replicas serve, and the balancer has always known them."""
        for name in self.old:
            self.create(name)
        for name in self.old:
            self.wait_until_ready(name)
            self.replicas[name].added = self.since(self.balancer.set_in_service(name, True))
        self.epoch = time.monotonic()
        for replica in self.replicas.values():
            replica.created = replica.ready = replica.added = 0.0

    def step(self, new: str, old: str) -> None:
        """Surge one: the old one is deleted as soon as the new one is ready. The next step comes
        when the old one has gone and the balancer knows both: the gentlest rollout there is."""
        self.create(new)
        self.wait_until_ready(new)
        added = self.balancer.learn(new, True)
        removed = self.balancer.learn(old, False)
        leaving, container = self.replicas[old], self.containers[old]
        leaving.told = self.since(time.monotonic())
        time.sleep(self.plan.prestop)
        container.terminate()
        gone, leaving.exit_code = container.wait_until_gone(self.plan.window)
        leaving.gone = self.since(gone)
        stopping = container.app_event("stopping")
        leaving.stopping = leaving.gone if stopping is None else self.since(stopping)
        self.replicas[new].added = self.since(added.result())
        leaving.removed = self.since(removed.result())
        time.sleep(SETTLE)

    def load(self) -> subprocess.Popen[bytes]:
        script = Path(__file__).with_name("load.py")
        words = ["--port", str(PORT), "--rate", str(self.settings.rate)]
        words += ["--epoch", str(self.epoch), "--out", str(self.folder / "requests.json")]
        load = subprocess.Popen([sys.executable, str(script), *words], start_new_session=True)
        self.cleanup.callback(load.kill)
        return load

    def perform(self) -> Run:
        self.begin()
        load = self.load()
        time.sleep(self.settings.lead)
        self.run.started = self.since(time.monotonic())
        for new, old in zip(self.new, self.old):
            self.step(new, old)
        self.run.ended = self.since(time.monotonic() - SETTLE)
        time.sleep(self.settings.lead - SETTLE)
        load.terminate()
        if load.wait(30) != 0:
            raise RuntimeError("the load generator failed")
        self.run.length = self.since(time.monotonic())
        seen = json.loads((self.folder / "requests.json").read_text())
        self.run.requests = [Request(**request) for request in seen]
        return self.run

    def words(self, name: str) -> str:
        """What a replica's init and app had to say."""
        return self.containers[name].errors.read_text().strip()


def perform(plan: Plan, settings: Settings) -> Run:
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(dir="/run")))
        rollout = Rollout(plan, settings, folder, cleanup)
        run = rollout.perform()
        print(f"{plan.name}: {run.headline}", flush=True)
        for name in rollout.old:
            code, words = rollout.replicas[name].exit_code, rollout.words(name)
            if code != 0 or (plan.must == "keep" and run.failed):
                print(f"{name} exited {code}; its log:\n{words}", file=sys.stderr, flush=True)
            elif words:
                print(f"  {name}: {words.splitlines()[-1]}", flush=True)
        return run


def end(signal_number: int, _: object) -> None:
    sys.exit(128 + signal_number)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("settings")
    parser.add_argument("record", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    # A /run of our own: names of network namespaces are mounts there, and end with us.
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    ip("link", "set", "lo", "up")
    record = Record(Settings(**json.loads(options.settings)))
    try:
        for plan in plans(record.settings):
            if plan.quick or not options.quick:
                record.runs.append(perform(plan, record.settings))
    except (RuntimeError, OSError, subprocess.SubprocessError) as trouble:
        sys.exit(f"docker/demo/run: {trouble}")
    record.write(options.record)


if __name__ == "__main__":
    main()
