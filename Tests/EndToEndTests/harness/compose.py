"""Runs a Compose example as it is, under load, and stops some of it; prints what came of it.

    unshare --net --mount --pid --fork --kill-child --mount-proc compose.py BINARY EXAMPLE SERVICE...

The services are those to stop, none: all of them. The container looked at is the first one's, or
`web`'s. Requests go out on connections that are kept as long as the answers allow it.

The engine's bridge and its rules are in this network namespace and end with it. Its addresses and
names are in /run whatever folders it is given: it has a /run of its own, or a run that was killed
would leave names that lead nowhere to the next. The images that compose.yaml names are this
machine's /usr (machine.py).
"""

import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from machine import make_image

CONFIGURATION = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
volumes = ["/usr:/usr:ro"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "runc"
[network]
network_config_dir = "{folder}/networks"
"""
# Debian's podman-compose passes a `network_mode: service:NAME` on as it is, beside the default network.
PROGRAM = """\
#!/usr/bin/python3
import os, sys
words = sys.argv[1:]
name = next((word[8:] for word in words if word.startswith("service:")), None)
if name:
    at = words.index("service:" + name)
    words[at] = os.path.basename(os.getcwd()).join(["container:", "_" + name + "_1"])
    for option in ("--net", "--network-alias"):
        at = words.index(option)
        del words[at:at + 2]
os.environ["CONTAINERS_CONF"] = "{configuration}"
os.execvp("podman", ["podman", "--root", "{folder}/root", "--runroot", "{folder}/run", "--tmpdir", "{folder}/tmp",
                     "--storage-driver", "vfs", *words])
"""
IMAGES = ("docker.io/library/haproxy:2.8", "docker.io/library/haproxy:2.6",
          "docker.io/library/python:3.12-slim")
# A balancer goes on for so long after all are told to stop.
PROPAGATION = 1.5


class Engine:
    """podman, with all its state in one folder."""

    def __init__(self, folder):
        configuration = folder / "containers.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder))
        self.program = folder / "podman"
        self.program.write_text(PROGRAM.format(configuration=configuration, folder=folder))
        self.program.chmod(0o755)

    def call(self, *words):
        return self._run(self.program, *words)

    def compose(self, *words):
        return self._run("podman-compose", "--podman-path", self.program, *words)

    @staticmethod
    def _run(*words):
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=120,
                              check=False)
        if done.returncode != 0:
            sys.exit(f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr


class Client:
    """Keeps its connection until an answer ends it."""

    def __init__(self):
        self.made = http.client.HTTPConnection("127.0.0.1", 8080, timeout=30)

    def ask(self):
        """The status, and whether that was the last answer on its connection."""
        try:
            self.made.request("GET", "/")
            answer = self.made.getresponse()
            answer.read()
            return answer.status, self.made.sock is None
        except (OSError, http.client.HTTPException) as error:
            self.made.close()
            return repr(error), True


def wait_until_served(engine):
    client = Client()
    good = 0
    end = time.monotonic() + 60
    while good < 50:
        good = good + 1 if client.ask()[0] == 200 else 0
        if time.monotonic() > end:
            sys.exit(f"never answered 200, but {client.ask()}\n{engine.call('ps', '--all')}"
                     + "".join(engine.call("logs", name) for name in engine.call(
                         "ps", "--all", "--format", "{{.Names}}").split()))
        time.sleep(0.02)


def main(binary, example, *stopped):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", "/run"], check=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drainit-compose-"))
    try:
        engine = Engine(folder)
        shutil.copy(binary, folder / "drainit")
        (folder / "Containerfile").write_text("FROM scratch\nCOPY drainit /drainit\n")
        engine.call("build", "--quiet", "--tag", "localhost/drainit", folder)
        make_image(engine, "localhost/machine")
        for image in IMAGES:
            engine.call("tag", "localhost/machine", image)
        shutil.copytree(example, folder / example.name)
        os.chdir(folder / example.name)
        engine.compose("up", "--detach")
        wait_until_served(engine)
        answers, ends = [], threading.Event()

        def load():
            client = Client()
            while not ends.wait(0.02):
                answers.append(client.ask())

        thread = threading.Thread(target=load)
        thread.start()
        name = f"{example.name}_{stopped[0] if stopped else 'web'}_1"

        def leave():
            # The tool that stops them takes its time before it does.
            while "draining for" not in engine.call("logs", name):
                time.sleep(0.1)
            time.sleep(PROPAGATION)
            ends.set()

        if not stopped:
            threading.Thread(target=leave, daemon=True).start()
        engine.compose("stop", "--timeout", "20", *stopped)
        ends.set()
        thread.join()
        print(json.dumps({
            "made": len(answers), "failed": [status for status, _ in answers if status != 200],
            "ended": [number for number, (_, ends) in enumerate(answers) if ends],
            "code": int(engine.call("inspect", "--format", "{{.State.ExitCode}}", name)),
            "log": engine.call("logs", name)}))
        engine.compose("down", "--timeout", "1")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:3]), *sys.argv[3:])
