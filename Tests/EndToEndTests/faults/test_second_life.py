"""A fault of drainit's own is not the container's end: it comes back, and the app never notices.

The faults are real: from outside of the namespaces a tracer (Tests/Fixtures/fault.c) sets the program
counter to nowhere. FAULT_ROUNDS is how many random moments of each phase are tried, FAULT_SEED where
they begin.
"""

import os
import random
import re
import signal
import subprocess
import threading
import time

import pytest

import probing
from box import RTMIN, status_of, until
from podman import Podman
from registry import Registry

ROUNDS = int(os.environ.get("FAULT_ROUNDS") or 6)
SEED = int(os.environ.get("FAULT_SEED") or random.randrange(1 << 30))
# How soon readiness is answered again: 100 ms are promised, and the machine is noisy.
SOON = 1.0
CAME_BACK = r"^drainit: came back from a fault of its own \(SIG"


class Load:
    """Asks again and again in a thread of its own, until it is left; what went wrong is in `failed`."""

    def __init__(self, ask):
        self._ask, self._ends, self.failed, self.count = ask, threading.Event(), [], 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._ends.is_set():
            try:
                self._ask()
                self.count += 1
            except (OSError, AssertionError) as error:
                self.failed.append(error)
                self._ends.wait(0.002)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()


def serve(drainit, *options, **more):
    box = drainit("--drain", "1s", *options, app=["web", "8080"], **more)
    probing.wait_until_ready(box)
    return box


@pytest.mark.parametrize("kind", ["segv", "ill", "trap", "fpe"])
def test_it_comes_back_and_the_app_never_notices(drainit, fault, user, kind):
    box = serve(drainit, before=user)
    app, first = box.app, box.pid
    with box.connect(8080) as kept, Load(lambda: probing.get(box, "/", port=8080)) as load:
        until(lambda: load.count > 5, "requests are answered")
        begun = time.monotonic()
        done = fault(box.pid, kind=kind)
        assert done.returncode == 0, done.stderr
        probing.wait_until_ready(box)
        took = time.monotonic() - begun
        print(f"ready again after {took * 1000:.1f} ms")
        assert took < SOON
        answered = load.count
        until(lambda: load.count > answered + 5, "requests are answered")
        # A connection to the app from before is the same still.
        kept.sendall(b"GET /pid HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert probing.read_all(kept).endswith(b"\n2\n")
    assert not load.failed
    name = {"segv": "SIGSEGV", "ill": "SIGILL", "trap": "SIGTRAP", "fpe": "SIGFPE"}[kind]
    box.log.wait_for("came back")
    line, = box.log.matching("came back")
    assert line == (f"drainit: came back from a fault of its own ({name}, 1 time so far); "
                    "web (pid 2) goes on")
    assert "\ndrainit_come_backs_total 1\n" in probing.get(box, "/metrics").text
    assert (box.app, box.pid) == (app, first)
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    assert box.wait() == 0
    assert len(box.out.matching("web: SIGTERM")) == 1


PHASES = ["starting", "serving", "forwarding", "draining", "stopping", "coming back"]


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("phase", PHASES)
def test_at_any_moment(drainit, fault, phase, number):
    seed = SEED + 1000 * number + PHASES.index(phase)
    print(f"FAULT_SEED={seed}")
    chance = random.Random(seed)
    # So many system calls and instructions from now: between two of each something is half done.
    moment = {"calls": chance.randrange(160), "steps": chance.choice([0, 0, 200, 5000])}
    moment["steps"] = chance.randrange(moment["steps"] + 1)
    box = drainit(
        "--drain", "300ms..600ms", "--stop-timeout", "20s", "--ready-every", "20ms", "--ready",
        "listening", "--ready", "tcp:8080", "--ready", "exec:true", "--ready", "file:/",
        app=["signals", "--listen", "8080", "TERM=3"])
    box.out.wait_for("^ready")
    if phase != "starting":
        probing.wait_until_ready(box)
    else:
        # The app may be quicker than drainit, which notes its pid first of all; the microseconds before
        # that are the app's start, which must not be made twice.
        box.log.wait_for(r" \(pid \d+\) started")
    app = box.app
    pages = ["/readyz", "/readyz?verbose", "/metrics", "/status", "/livez"]
    with Load(lambda: probing.get(box, chance.choice(pages))):
        if phase == "draining":
            box.signal(signal.SIGTERM)
        sent = 0
        tracer = threading.Thread(target=fault, args=(box.pid,), kwargs=moment)
        tracer.start()
        if phase == "stopping":
            box.signal(signal.SIGTERM)
        if phase == "coming back":
            tracer.join()
            # Its start takes a few hundred microseconds; the C library's own part of it is spared.
            tracer = threading.Thread(
                target=fault, args=(box.pid,), kwargs={"calls": chance.randrange(60, 150)})
            tracer.start()
        while phase == "forwarding" and tracer.is_alive():
            box.signal(RTMIN + 3, value=sent)
            sent += 1
            # Where the user's queue is full (RLIMIT_SIGPENDING) nothing can be put back into it.
            if sent % 50 == 0:
                time.sleep(0.002)
        tracer.join()
        box.log.wait_for(CAME_BACK)
        if phase == "forwarding":
            box.signal(RTMIN + 3, value=sent)
            box.out.wait_for(rf"^RTMIN\+3 .*value={sent}$")
        assert phase in ("draining", "stopping") or box.app == app
        if phase not in ("draining", "stopping"):
            box.signal(signal.SIGTERM)
        assert box.wait() == 3
    assert len(box.out.matching("^TERM ")) == 1
    values = [int(line.split("value=")[1]) for line in box.out.matching(r"^RTMIN\+3 ")]
    # Each one; what was in hand is at the end of the queue again, and may have been passed on already.
    wanted = list(range(sent + 1 if phase == "forwarding" else 0))
    assert not set(wanted) ^ set(values), [len(wanted), len(values), values[-3:]]
    assert len(values) <= len(wanted) + 1


def test_the_third_time_within_a_minute_it_comes_back_bare(drainit, fault):
    box = serve(drainit, "--drain", "1s..3s")
    app = box.app
    for count in (1, 2, 3):
        assert fault(box.pid).returncode == 0
        box.log.wait_for(rf"\(SIGSEGV, {count} times? so far\)")
        if count < 3:
            probing.wait_until_ready(box)
    box.log.wait_for("3 times so far.*; endpoint, checks and observation stay off")
    assert not box.can_connect(probing.PORT)
    assert probing.get(box, "/", port=8080).status == 200
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.app == app
    assert box.wait() == 0
    # Nothing is observed any more, so the window is as long as it may be.
    assert box.out.time_of("web: SIGTERM") - sent >= 3


def test_bare_it_comes_back_as_often_as_it_must_and_leaves_nothing_behind(drainit, fault):
    box = drainit("--drain", "1s", app=["signals", "--listen", "8080", "TERM=3"])
    probing.wait_until_ready(box)
    app, sizes, descriptors = box.app, [], []
    for count in range(1, 21):
        assert fault(box.pid).returncode == 0
        box.log.wait_for(rf"\(SIGSEGV, {count} times? so far\)")
        box.signal(RTMIN, value=count)
        box.out.wait_for(f"^RTMIN .*value={count}$")
        descriptors.append(len(os.listdir(f"/proc/{box.pid}/fd")))
        sizes.append(int(status_of(box.pid)["VmSize"].split()[0]))
    assert len(set(descriptors[:2])) == 1 and len(set(descriptors[3:])) == 1, descriptors
    assert len(set(sizes[3:])) == 1, sizes
    assert box.app == app
    box.signal(signal.SIGTERM)
    assert box.wait() == 3


def test_a_window_in_progress_ends_when_it_would_have(drainit, fault):
    box = serve(drainit, "--drain", "3s")
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    for count in (1, 2, 3, 4):
        assert fault(box.pid).returncode == 0
        box.log.wait_for(rf"{count} times? so far")
        if count < 3:
            assert probing.wait_for_status(box, 503).text == "draining\n"
    assert box.wait() == 0
    assert 3 <= box.out.time_of("web: SIGTERM") - sent < 5
    assert box.log.matching(r"^drainit: drained in 3")


def test_without_a_listener_no_window_begins_again(drainit, fault):
    box = drainit("--stop-timeout", "4s", app=["signals"])
    box.out.wait_for("^ready")
    probing.wait_for_status(box, 200, "/livez")
    assert fault(box.pid).returncode == 0
    box.log.wait_for(CAME_BACK)
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    box.out.wait_for("^TERM ")
    assert box.out.time_of("^TERM ") - sent < 2.5
    # The time until SIGKILL goes on, too: this app ignores its stop signal.
    assert fault(box.pid).returncode == 0
    box.log.wait_for(CAME_BACK, count=2)
    assert box.wait() == 128 + signal.SIGKILL
    assert 4 <= box.wait_time() - sent < 9


def test_while_it_waits_for_another_the_wait_goes_on(drainit, fault, place):
    box = drainit("--start-after", f"file:{place}/go", "--drain", "1s", app=["web", "8080"])
    probing.wait_for_status(box, 200, "/livez")
    assert fault(box.pid).returncode == 0
    box.log.wait_for(CAME_BACK)
    probing.wait_for_status(box, 200, "/livez")
    assert not box.children()
    (place / "go").touch()
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    assert box.wait() == 0


def test_a_relative_path_of_the_wait_means_what_it_meant(drainit, fault, place):
    box = drainit("--start-after", "file:go", "--drain", "1s", app=["sh", "-c", "pwd; exec sleep 600"],
                  cwd=str(place))
    probing.wait_for_status(box, 200, "/livez")
    assert fault(box.pid).returncode == 0
    line = box.log.wait_for(CAME_BACK + ".*").group(0)
    # There is no app yet that could go on.
    assert line.endswith("; the wait for --start-after goes on"), line
    (place / "go").touch()
    box.out.wait_for(f"^{place}$")


def test_a_held_window_goes_on(start, bench, fault):
    app = start(["tini-static", "--", bench / "web", "8080"])
    app.out.wait_for("listening")
    hold = subprocess.Popen(
        ["nsenter", "--target", str(app.first), "--pid", "--net", "--mount", "--",
         bench / "drainit", "--hold", "--drain", "4s"], cwd="/", env={"PATH": "/usr/bin:/bin"})
    begun = time.monotonic()
    app.log.wait_for("^drainit: holding for 4s")
    own = until(lambda: app.named("drainit"), "--hold runs")[0]
    assert fault(own).returncode == 0
    app.log.wait_for(CAME_BACK + r".*the window goes on$")
    assert hold.wait(30) == 0
    assert 4 <= time.monotonic() - begun < 8
    app.log.wait_for(r"^drainit: held for 4")


@pytest.mark.parametrize("moment", ["ready", "drain", "exit"])
def test_a_hooks_program_does_not_run_on_beside_its_successor(drainit, fault, place, moment):
    hook = f"sh -c 'echo begun >>{place}/notes; sleep 3; echo done >>{place}/notes'"
    box = drainit("--drain", "1s..8s", f"--on-{moment}", hook, "--hook-timeout", "8s",
                  app=["signals", "--listen", "8080", "TERM=0"])
    notes = lambda: (place / "notes").read_text().split() if (place / "notes").exists() else []
    probing.wait_until_ready(box)
    if moment != "ready":
        box.signal(signal.SIGTERM)
    until(lambda: notes() == ["begun"], "the hook runs")
    assert fault(box.pid).returncode == 0
    box.log.wait_for(CAME_BACK)
    until(lambda: notes() == ["begun", "begun"], "it runs again, and the first has gone")
    until(lambda: "done" in notes(), "the second ends")
    time.sleep(0.5)
    assert notes() == ["begun", "begun", "done"]
    if moment == "ready":
        box.signal(signal.SIGTERM)
    assert box.wait() == 0
    box.log.wait_for(f"--on-{moment} sh: done")


def test_a_request_that_was_under_way_is_sent_again(drainit, fault):
    """The registry has not answered yet when the fault comes."""
    box = drainit("--drain", "1s", "--on-ready", "PUT http://127.0.0.1:8500/up", "--hook-timeout", "20s",
                  "--ready", "tcp:8500", app=["web", "8080"])
    registry = Registry(box, None)
    registry.wait_for("/up")
    registry.answer = "200 OK"
    assert fault(box.pid).returncode == 0
    box.log.wait_for(CAME_BACK)
    box.log.wait_for("--on-ready PUT http://127.0.0.1:8500/up: done")
    assert [request.path for request in registry.requests] == ["/up", "/up"]
    box.signal(signal.SIGTERM)
    assert box.wait() == 0


def test_checks_and_their_directory_are_as_before(drainit, fault, place):
    (place / "here").touch()
    box = drainit("--drain", "1s", "--ready", "exec:test -e here", "--ready-every", "10ms",
                  app=["web", "8080"], cwd=str(place))
    probing.wait_until_ready(box)
    assert fault(box.pid).returncode == 0
    box.log.wait_for(CAME_BACK)
    probing.wait_until_ready(box)
    (place / "here").unlink()
    probing.wait_for_status(box, 503)


def test_without_proc_it_comes_back_too(drainit, fault):
    box = serve(drainit, before=("sh", "-c", 'umount -l /proc; exec "$@"', "sh"))
    for count in (1, 2):
        assert fault(box.pid).returncode == 0
        box.log.wait_for(rf"{count} times? so far")
        probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    assert box.wait() == 0


def test_where_memory_is_refused_it_goes_on_and_comes_back(drainit, fault):
    box = serve(drainit)
    # What it has now is all that it gets.
    size = int(status_of(box.pid)["VmSize"].split()[0]) * 1024
    subprocess.run(["prlimit", f"--as={size}:", "--pid", str(box.pid)], check=True)
    for path in ("/readyz?verbose", "/metrics", "/status", "/livez"):
        assert probing.get(box, path).status == 200
    # A start needs a little more for a moment.
    size += 128 * 1024
    subprocess.run(["prlimit", f"--as={size}:", "--pid", str(box.pid)], check=True)
    assert fault(box.pid).returncode == 0
    box.log.wait_for(CAME_BACK)
    assert probing.get(box, "/", port=8080).status == 200
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    assert box.log.matching("^drainit: drained in 1")


@pytest.fixture(scope="module")
def podman(bench):
    engine = Podman()
    engine.build("app", ["FROM scratch", "COPY drainit web /", 'ENTRYPOINT ["/drainit", "--"]',
                         'CMD ["/web", "8080"]'], [bench / "drainit", bench / "web"])
    yield engine
    engine.close()


@pytest.mark.parametrize("options", [
    (), ("--user", "65534"), ("--read-only", "--cap-drop=all", "--user", "65534",
                              "--security-opt", "no-new-privileges")],
    ids=["root", "nobody", "nothing"])
def test_from_a_scratch_image_too(podman, fault, options):
    container = podman.run("app", options=(*options, "--env", "DRAINIT_DRAIN=1s"))
    probing.wait_until_ready(container)
    for count in (1, 2):
        assert fault(container.first).returncode == 0
        container.log.wait_for(rf"\(SIGSEGV, {count} times? so far\)")
        begun = time.monotonic()
        probing.wait_until_ready(container)
        assert time.monotonic() - begun < SOON
    container.stop(20)
    assert container.wait() == 0
    assert container.out.matching("web: SIGTERM")


def test_what_the_window_saw_is_known_after_it(drainit, fault):
    box = serve(drainit, "--drain", "1s..40s")
    with Load(lambda: probing.get(box, "/", port=8080)):
        box.signal(signal.SIGTERM)
        box.log.wait_for("draining for")
        until(lambda: re.search(
            r'^drainit_window_arrivals_total\{kind="connection"\} \d{3}',
            probing.get(box, "/metrics").text, re.MULTILINE), "a hundred connections were seen")
        # In a second they come in too few moments for silence to mean something.
        time.sleep(3)
    fault(box.pid)
    box.log.wait_for(CAME_BACK)
    # Otherwise nobody would know what the silence from here on means, and it lasted 40 s.
    assert box.wait() == 0
    assert box.log.matching(r"window over \(quiet\)")
