"""Real containers, by podman and runc, in a storage of their own."""

import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from box import DEADLINE, PATH, Lines, Reachable, until

CONFIGURATION = """\
[containers]
default_ulimits = []
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "runc"
"""


class Podman:
    """An engine without any state but what is in a folder of its own."""

    def __init__(self):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="drainit-podman-"))
        configuration = self._folder / "containers.conf"
        configuration.write_text(CONFIGURATION)
        self._environment = {"PATH": PATH, "HOME": str(self._folder),
                             "CONTAINERS_CONF": str(configuration)}
        self._names = (f"drainit-{os.getpid()}-{n}" for n in itertools.count())
        self._containers = []

    def _command(self, *words):
        return ["podman", "--root", self._folder / "root", "--runroot", self._folder / "run",
                "--tmpdir", self._folder / "tmp", "--storage-driver", "vfs", *words]

    def call(self, *words, deadline=120):
        """Runs a podman command to its end; returns its output. A failure is the test's."""
        done = subprocess.run(self._command(*words), env=self._environment, capture_output=True,
                              text=True, timeout=deadline, check=False)
        assert done.returncode == 0, f"podman {' '.join(map(str, words))}: {done.stderr}"
        return done.stdout

    def command(self, *words):
        """A podman command for a process of the test's own."""
        environment = [f"{name}={value}" for name, value in self._environment.items()]
        return ["env", *environment, *self._command(*words)]

    def build(self, tag, lines, files):
        """Builds an image from the lines of a Containerfile and the files that they copy."""
        with tempfile.TemporaryDirectory() as context:
            for file in files:
                shutil.copy(file, context)
            (pathlib.Path(context) / "Containerfile").write_text("\n".join(lines) + "\n")
            self.call("build", "--quiet", "--tag", tag, context)

    def run(self, image, *command, options=(), network="none", keep=False, env=None):
        """Starts a container, without any network but loopback unless said; `env` is podman's own."""
        name = next(self._names)
        words = ["run", "--name", name, "--network", network, *([] if keep else ["--rm"]),
                 "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
                 *options, image, *command]
        return self._watch(name, words, env)

    def start_again(self, container):
        """Starts a container anew that was run with `keep` and has ended."""
        return self._watch(container.name, ["start", "--attach", container.name])

    def _watch(self, name, words, env=None):
        environment = {**self._environment, **(env or {})}
        self._containers.append(Container(self, name, self._command(*words), environment))
        return self._containers[-1]

    def close(self):
        # Who is in another's network has come after that one.
        for container in reversed(self._containers):
            container.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Container(Reachable):
    """One container that runs, watched as a box is."""

    def __init__(self, podman, name, command, environment):
        self._podman, self.name, self._sockets = podman, name, []
        out, out_in_child = os.pipe()
        log, log_in_child = os.pipe()
        self._started = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                         stdout=out_in_child, stderr=log_in_child)
        os.close(out_in_child)
        os.close(log_in_child)
        self.out, self.log = Lines("the app's output", out), Lines("the log", log)

    @property
    def first(self):
        """The pid, as seen from outside, of its PID 1."""
        return until(self._pid, f"the container runs; it said: {self.log.text()}")

    def _pid(self):
        assert self.is_running, self.log.text()
        done = subprocess.run(self._podman._command("inspect", self.name), capture_output=True,
                              env=self._podman._environment, text=True, check=False)
        return json.loads(done.stdout)[0]["State"]["Pid"] if done.returncode == 0 else 0

    @property
    def is_running(self):
        return self._started.poll() is None

    def stop(self, seconds=10):
        """`podman stop`: the image's stop signal, then SIGKILL after so many seconds."""
        return self._podman.call("stop", "--time", str(seconds), self.name)

    def drain(self, window):
        """Stops it as a platform does that has 20 s; it takes the window, in seconds, and ends by itself."""
        begun = time.monotonic()
        self.stop(20)
        assert self.wait() == 0
        # podman takes its time.
        assert window <= time.monotonic() - begun < 15

    def kill(self, name):
        self._podman.call("kill", "--signal", name, self.name)

    def wait(self):
        """Waits for its end; returns its exit code."""
        code = self._started.wait(DEADLINE)
        self.out.wait_for_end()
        self.log.wait_for_end()
        return code

    def close(self):
        if self.is_running:
            subprocess.run(self._podman._command("rm", "--force", "--time", "0", self.name),
                           env=self._podman._environment, capture_output=True, check=False)
        self._started.wait(DEADLINE)
        for made in self._sockets:
            made.close()
        self._sockets = []
