"""Runs the Compose example as it is, under load, with one replica stopped; prints what came of it.

    unshare --net --mount --pid --fork --kill-child --mount-proc compose.py BINARY EXAMPLE

The engine's bridge and its rules are in this network namespace and end with it. The images that
compose.yaml names are this machine's /usr (machine.py).
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
IMAGES = ("docker.io/library/haproxy:2.8", "docker.io/library/python:3.12-slim")


class Engine:
    """podman, with all its state in one folder."""

    def __init__(self, folder):
        configuration = folder / "containers.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder))
        self.program = folder / "podman"
        self.program.write_text(f"""#!/bin/sh
CONTAINERS_CONF={configuration} exec podman --root {folder}/root --runroot {folder}/run \\
  --tmpdir {folder}/tmp --storage-driver vfs "$@"
""")
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


def request():
    connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except OSError as error:
        return repr(error)
    finally:
        connection.close()


def wait_until_served():
    good = 0
    end = time.monotonic() + 60
    while good < 50:
        good = good + 1 if request() == 200 else 0
        if time.monotonic() > end:
            sys.exit("the balancer never answered 200")
        time.sleep(0.02)


def main(binary, example):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drainit-compose-"))
    try:
        engine = Engine(folder)
        shutil.copy(binary, folder / "drainit")
        (folder / "Containerfile").write_text("FROM scratch\nCOPY drainit /drainit\n")
        engine.call("build", "--quiet", "--tag", "localhost/drainit", folder)
        make_image(engine, "localhost/machine")
        for image in IMAGES:
            engine.call("tag", "localhost/machine", image)
        shutil.copytree(example, folder / "compose")
        os.chdir(folder / "compose")
        engine.compose("up", "--detach")
        wait_until_served()
        answers, ends = [], threading.Event()

        def load():
            while not ends.wait(0.02):
                answers.append(request())

        thread = threading.Thread(target=load)
        thread.start()
        engine.compose("stop", "--timeout", "20", "web1")
        ends.set()
        thread.join()
        print(json.dumps({
            "made": len(answers), "failed": [one for one in answers if one != 200],
            "code": int(engine.call("inspect", "--format", "{{.State.ExitCode}}", "compose_web1_1")),
            "log": engine.call("logs", "compose_web1_1")}))
        engine.compose("down", "--timeout", "1")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:]))
