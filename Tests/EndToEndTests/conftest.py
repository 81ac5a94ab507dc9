"""What every scenario starts with: the binary under test, the fixtures built, boxes to run in."""

import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from box import Box
# Fixtures of the harness: every scenario has them.
from cgroups import cgroup  # noqa: F401
from distance import distance  # noqa: F401
from faults import fault_fixture, refused_fixture  # noqa: F401
from health import health  # noqa: F401
from holding import holder  # noqa: F401
from screen import screen  # noqa: F401

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Tests" / "Fixtures"


def pytest_configure(config):
    # A job in the background, or under nohup, is started with these ignored, and every program below it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if os.geteuid() != 0:
        raise pytest.UsageError("the black-box tests make namespaces: run them as root")
    if not binary().exists():
        raise pytest.UsageError(f"{binary()} is not there: docker/build.sh .build-out makes it")


def binary():
    """The binary under test."""
    return pathlib.Path(os.environ.get("BINARY") or ROOT / ".build-out" / "drainit").resolve()


def build_fixtures():
    """Compiles each C fixture, static, once for all that run at the same time; returns the folder."""
    built = ROOT / ".build-fixtures"
    built.mkdir(exist_ok=True)
    with open(built / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for source in sorted(FIXTURES.glob("*.c")):
            program = built / source.stem
            if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
                partial = built / (source.stem + ".partial")
                subprocess.run(
                    ["musl-gcc", "-static", "-Os", "-s", "-Wall", "-Wextra", "-Werror",
                     "-o", partial, source], check=True)
                partial.rename(program)
    return built


@pytest.fixture(scope="session")
def bench():
    """A folder that every user can read, with the binary (as `drainit`) and all fixtures."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drainit-tests-"))
    folder.chmod(0o755)
    shutil.copy(binary(), folder / "drainit")
    for program in build_fixtures().iterdir():
        if os.access(program, os.X_OK) and program.suffix == "":
            shutil.copy(program, folder / program.name)
    for script in FIXTURES.iterdir():
        if script.is_file() and script.suffix != ".c":
            shutil.copy(script, folder / script.name)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def place(tmp_path_factory):
    """An empty folder that every user can write."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drainit-test-"))
    folder.chmod(0o1777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(bench):
    """Starts any command in a box: start([...], **what Box takes)."""
    boxes = []

    def run(command, **more):
        boxes.append(Box(str(bench / "namespace"), [str(word) for word in command], **more))
        return boxes[-1]

    yield run
    for box in boxes:
        box.close()


@pytest.fixture
def drainit(bench, start):
    """Starts the binary: drainit("--drain", "1s", app=["web", "8080"], **what Box takes).

    An app without a slash that is one of the fixtures is that fixture. Without `app` there is no
    command at all.
    """

    def run(*options, app=None, **more):
        command = []
        if app is not None:
            program = bench / app[0]
            command = ["--", str(program) if "/" not in app[0] and program.exists() else app[0],
                       *map(str, app[1:])]
        return start([bench / "drainit", *options, *command], **more)

    return run


NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all",
          "--inh-caps=-all", "--no-new-privs")


@pytest.fixture(params=["root", "nobody"])
def user(request):
    """What is put before the command so that it runs as root, and as nobody without capabilities."""
    return () if request.param == "root" else NOBODY
