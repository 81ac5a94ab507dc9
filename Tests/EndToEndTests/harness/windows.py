"""The same window in each of its places: drainit as the first process, `--hold` beside an app, and both in a
container without any right."""

import os
import signal
import subprocess

import pytest

from box import DEADLINE
from podman import Podman
from traffic import Stop

STRICT = ("--read-only", "--cap-drop=all", "--user", "65534", "--security-opt", "no-new-privileges")
# This machine's programs, so that an image needs none.
HOSTS = [word for folder in ("/usr", "/bin", "/lib", "/lib64") for word in ("--volume", f"{folder}:{folder}:ro")]
JSON = ("--log", "json")


class Stopped:
    """drainit as the first process: its window begins with SIGTERM."""

    def __init__(self, box):
        self.box = box

    def begin(self):
        os.kill(self.box.first, signal.SIGTERM)
        self.box.log.wait_for('"event":"draining"')

    def end(self):
        self.box.wait()
        return Stop(self.box)


class Held:
    """`--hold` beside an app that is another's; `command` is what runs it in the app's container."""

    def __init__(self, box, command):
        self.box, self._command, self._process = box, command, None

    def begin(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.box.log.wait_for('"event":"draining"')

    def end(self):
        out, _ = self._process.communicate(timeout=2 * DEADLINE)
        assert self._process.returncode == 0, out
        self.box.log.wait_for('"event":"ended"')
        return Stop(self.box)


class Places:
    """Makes windows: `make(place, app, *options)`, with what both have of `shared` at its path."""

    def __init__(self, bench, start, podman):
        self._bench, self._start, self._podman = bench, start, podman

    def make(self, place, app, *options, shared, network=None, cgroup=None):
        options = [*map(str, options), *JSON]
        app = [str(word) for word in app]
        first = ["--ready", "none", *options, "--", *app]
        if place == "first process":
            return Stopped(self._start([self._bench / "drainit", *first], network=network, cgroup=cgroup))
        if place == "hold":
            box = self._start(["tini-static", "--", *app], network=network, cgroup=cgroup)
            return Held(box, ["nsenter", "--target", str(box.first), "--pid", "--net", "--mount", "--",
                              self._bench / "drainit", "--hold", *options])
        made = {"options": (*STRICT, *HOSTS, "--volume", f"{shared}:{shared}"), "network": network or "none"}
        if place == "container":
            return Stopped(self._podman.run("bare", "/drainit", *first, **made))
        box = self._podman.run("bare", *app, **made)
        return Held(box, self._podman.command("exec", box.name, "/drainit", "--hold", *options))

    def neighbour(self, place, app, shared, cgroup):
        """Another container of the pod; and how its network is named."""
        app = [str(word) for word in app]
        if "container" in place:
            box = self._podman.run("bare", *app, options=(
                *STRICT, *HOSTS, "--volume", f"{shared}:{shared}"))
            return box, f"container:{box.name}"
        box = self._start(app, cgroup=cgroup)
        return box, f"/proc/{box.first}/ns/net"


@pytest.fixture(scope="module")
def bare_image(bench):
    """An engine with an image `bare` that has drainit and nothing else."""
    engine = Podman()
    engine.build("bare", ["FROM scratch", "COPY drainit /"], [bench / "drainit"])
    yield engine
    engine.close()


@pytest.fixture
def places(bench, start, bare_image):
    return Places(bench, start, bare_image)
