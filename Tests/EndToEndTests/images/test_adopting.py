"""The README's first steps, its own lines, run by podman under the name that they use."""

import os
import re
import subprocess

from conftest import ROOT
from machine import VOLUME, make_image
from podman import Podman

# docker, for the README's lines: what has to be there on a machine without a registry is added.
# The image of drainit itself is made of the binary under test; Tests/image runs its own Dockerfile.
DOCKER = """#!/bin/sh
mode=$1
shift
case $mode in
  build)
    case "$*" in
      *docker/Dockerfile*) exec {podman} build --quiet --tag drainit {folder} ;;
      *) exec {podman} build --quiet --build-arg BASE=localhost/machine {volume} "$@" ;;
    esac ;;
  run) exec {podman} run --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 {volume} "$@" ;;
  exec)
    until {podman} exec "$@"; do n=$((n + 1)); [ $n -lt 100 ] || exit 1; sleep 0.1; done ;;
  *) exec {podman} "$mode" "$@" ;;
esac
"""


def test_the_first_steps_work_as_they_are_written(bench, place):
    text = (ROOT / "README.md").read_text()
    steps = re.search(r"### Adopt in five minutes\n.*?```sh\n(.*?)```", text, re.S).group(1)
    podman = Podman()
    try:
        make_image(podman, "localhost/machine")
        (place / "Containerfile").write_text("FROM scratch\nCOPY drainit /drainit\n")
        (place / "drainit").write_bytes((bench / "drainit").read_bytes())
        (place / "drainit").chmod(0o755)
        docker = place / "docker"
        docker.write_text(DOCKER.format(podman=" ".join(map(str, podman._command())), folder=place,
                                        volume=" ".join(VOLUME)))
        docker.chmod(0o755)
        done = subprocess.run(
            ["sh", "-e", "-c", steps], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
            env={**podman._environment, "PATH": f"{place}:{os.environ['PATH']}"})
        assert done.returncode == 0, done.stderr
        assert re.search(r"^drainit: drained in 3\S* ", done.stdout + done.stderr, re.M), done
    finally:
        subprocess.run([*podman._command("rm", "--force", "--time", "0", "my-server")], check=False,
                       capture_output=True, env=podman._environment)
        podman.close()
