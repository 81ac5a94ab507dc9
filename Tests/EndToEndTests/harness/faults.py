"""Faults of drainit's own, by a tracer outside of its namespaces (Tests/Fixtures/fault.c)."""

import contextlib
import subprocess
import threading

import pytest

from box import state_of, status_of, until


@pytest.fixture(name="fault")
def fault_fixture(bench):
    """Gives a process a fault: fault(pid, calls=…, steps=…, kind=…), as Fixtures/fault.c has it."""

    def run(pid, **more):
        words = [word for name, value in more.items() for word in (f"--{name}", str(value))]
        # Where no moment is chosen it is one of rest: on a busy machine it may just have been taken off the
        # processor halfway through something that the test has seen begin.
        if not more.keys() & {"calls", "steps", "at"}:
            until(lambda: state_of(pid) in ("S", None), "it rests")
        # It gives up by itself where the process makes no more calls.
        return subprocess.run([bench / "fault", *words, str(pid)], capture_output=True, text=True,
                              timeout=30, check=False)

    return run


CANNOT = "drainit: cannot come back from a fault of its own: "
GOES_ON = CANNOT + "signals, stops and reaping go on without endpoint, checks, hooks; the code is the app's"


@pytest.fixture(name="refused")
def refused_fixture(bench, drainit):
    """Starts drainit where execveat is refused for good, or what `calls` says (Fixtures/refuse.c)."""

    def run(*options, calls="execveat", before=(), **more):
        return drainit(*options, before=(*before, str(bench / "refuse"), calls), **more)

    return run


def termination_log(kept):
    """What is executed so that a box has Kubernetes' file of the last words."""
    script = (f"mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && : >/dev/termination-log && "
              f'mount --bind {kept} /dev/termination-log && exec "$@"')
    return "sh", "-c", script, "sh"


@contextlib.contextmanager
def faults_at(box, fault, call, **more):
    """What happens in it leads to a fault where drainit enters the system call of that number."""
    tracer = threading.Thread(target=fault, args=(box.pid,), kwargs={"at": call, **more})
    tracer.start()
    until(lambda: status_of(box.pid)["TracerPid"] != "0", "it is traced")
    yield
    tracer.join()


@contextlib.contextmanager
def refusing(bench, box, call, error):
    """It has a fault, and from then on every system call of that number fails, in whichever life."""
    words = [bench / "fault", "--refuse", str(call), "--errno", str(error), str(box.pid)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as tracer:
        try:
            assert tracer.stdout.readline() == b"refusing\n"
            yield
        finally:
            tracer.kill()
