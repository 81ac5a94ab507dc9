"""Cgroups of a container each, where the machine has cgroup v2."""

import os
import pathlib
import tempfile

import pytest


def unified():
    """Where cgroup v2 is mounted."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            if " - cgroup2 " in line:
                return pathlib.Path(line.split()[4])
    return None


@pytest.fixture
def cgroup():
    """Makes cgroups of a container each; they are gone afterwards."""
    top = unified()
    if top is None:
        pytest.skip("no cgroup v2 here")
    made = []

    def make():
        made.append(pathlib.Path(tempfile.mkdtemp(prefix="drainit-test-", dir=top)))
        made[-1].chmod(0o755)
        return str(made[-1])

    yield make
    # The boxes were closed before (fixtures end in the opposite order), or still are: kill, too.
    for folder in made:
        (folder / "cgroup.kill").write_text("1")
        for inner in [*folder.glob("*/"), folder]:
            for _ in range(1000):
                try:
                    inner.rmdir()
                    break
                except OSError:
                    os.sched_yield()
