"""Lines, variables and places that were made for tini, dumb-init, catatonit, docker-init."""

import os
import shutil
import signal
import time

import pytest

import probing
from box import status_of, until
from podman import Podman

# A shell that ends by what its child was sent.
GROUP = ["sh", "-c", 'trap "" USR1; "$0" USR1=5; exit $?']


def assert_the_group_is_signalled(box, expected):
    """The app ignores SIGUSR1; its child, in the same group, ends by it."""
    box.out.wait_for("^ready")
    box.signal(signal.SIGUSR1)
    if expected:
        assert box.wait() == 5
    else:
        until(lambda: not pending(box.app), "the app was sent it")
        box.signal(signal.SIGUSR1)
        assert not box.out.matching("USR1")


def pending(pid):
    return int(status_of(pid)["ShdPnd"], 16) & (1 << (signal.SIGUSR1 - 1))


@pytest.mark.parametrize("words, environment", [
    (["-g"], {}), (["-sg"], {}), ([], {"TINI_KILL_PROCESS_GROUP": "1"}),
    ([], {"DUMB_INIT_SETSID": "1"}), (["-c", "-g"], {"DRAINIT_SIGNAL_TO": "app"}),
], ids=str)
def test_signals_go_to_the_group_where_the_line_says_so(drainit, bench, words, environment):
    box = drainit(*words, app=[*GROUP, bench / "signals"], env=environment)
    assert_the_group_is_signalled(box, True)


@pytest.mark.parametrize("words, environment", [
    ([], {}), (["-c"], {"TINI_KILL_PROCESS_GROUP": "1"}), (["--single-child"], {}),
    ([], {"DUMB_INIT_SETSID": "0"}), ([], {"TINI_SUBREAPER": "1"}),
], ids=str)
def test_signals_go_to_the_app_alone_otherwise(drainit, bench, words, environment):
    box = drainit(*words, app=[*GROUP, bench / "signals"], env=environment)
    assert_the_group_is_signalled(box, False)


@pytest.mark.parametrize("words, code", [
    (["-e", "3"], 0), (["-e3"], 0), (["-e", "4"], 3), (["-e", "4", "-e", "3"], 0),
    (["-s", "-w", "-vv", "-e", "3"], 0),
], ids=str)
def test_an_exit_code_is_mapped_to_0(drainit, words, code):
    assert drainit(*words, app=["sh", "-c", "exit 3"]).wait() == code


@pytest.mark.parametrize("words", [["-r", "10:12"], ["-r10:12"], ["--rewrite", "10:12"]], ids=str)
def test_a_signal_is_rewritten(drainit, words):
    box = drainit(*words, app=["signals", "USR1=1", "USR2=2"])
    box.out.wait_for("^ready")
    box.signal(signal.SIGUSR1)
    assert box.wait() == 2


def test_the_parents_death_is_a_signal(drainit, bench, start):
    box = start(["sh", "-c", '"$@" & read x', "-", bench / "drainit", "-p", "USR1", "--plain", "--",
                 bench / "signals", "USR1=0"], under_init=True, stdin=-1)
    box.out.wait_for("^ready")
    box.tell("end")
    until(lambda: not box.named("signals"), "the app was told")
    assert box.out.matching("USR1")


@pytest.mark.parametrize("words, environment, is_named", [
    (["-v"], {}, True), (["-w", "-v"], {}, True), ([], {"TINI_VERBOSITY": "3"}, True),
    ([], {"DUMB_INIT_DEBUG": "1"}, True), ([], {"TINI_VERBOSITY": "1"}, False), (["-w"], {}, False),
], ids=str)
def test_verbosity_names_what_is_reaped(drainit, words, environment, is_named):
    box = drainit(*words, app=["orphans", "3"], env=environment)
    box.out.wait_for("^made")
    if is_named:
        # Three children of the app leave three grandchildren behind.
        box.log.wait_for(r"^drainit: reaped: pid \d+ exited 0$", count=3)
    os.kill(box.app, signal.SIGKILL)
    assert box.wait() == 137
    assert bool(box.log.matching("reaped")) == is_named


def test_verbosity_0_is_quiet(drainit):
    box = drainit(app=["true"], env={"TINI_VERBOSITY": "0"})
    assert box.wait() == 0
    assert box.log.all() == []


@pytest.mark.parametrize("words, pattern", [
    (["-h"], "^usage: drainit"), (["-V"], "^drainit [0-9]"), (["-l"], "musl"), (["-L"], "musl"),
], ids=str)
def test_what_is_only_printed(drainit, words, pattern):
    box = drainit(*words)
    assert box.wait() == 0
    assert box.out.matching(pattern) and box.log.all() == []


@pytest.mark.parametrize("name", ["docker-init", "podman-init"])
def test_in_the_place_of_an_engines_init_it_is_plain(start, bench, place, name):
    shutil.copy(bench / "drainit", place / name)
    box = start([place / name, "--", bench / "web", "8080"])
    box.out.wait_for("listening")
    assert not box.can_connect(probing.PORT)
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    assert box.log.all() == []


@pytest.mark.parametrize("path, is_plain", [("/dev/init", True), ("/sbin/tini", True), ("/usr/bin/tini", False)])
def test_where_older_engines_put_their_init_it_is_plain(start, bench, path, is_plain):
    # podman's and nerdctl's: the place alone says so, and drainit sees it as the first word.
    box = start([bench / "drainit", "--drain", "60s", "--", bench / "web", "8080"],
                before=("bash", "-c", f'program=$1; shift; exec -a {path} "$program" "$@"', "bash"))
    box.out.wait_for("listening")
    assert box.can_connect(probing.PORT) is not is_plain
    box.signal(signal.SIGTERM)
    if is_plain:
        assert box.wait() == 0 and box.log.all() == []
    else:
        box.log.wait_for("draining for 1m")


def test_in_the_place_of_an_engines_init_a_variable_makes_it_drain(start, bench, place):
    shutil.copy(bench / "drainit", place / "docker-init")
    box = start([place / "docker-init", "--", bench / "web", "8080"], env={"DRAINIT_DRAIN": "1s"})
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    assert box.log.matching("^drainit: drained in 1")


@pytest.fixture(scope="module")
def podman(bench):
    engine = Podman()
    engine.build("bare", ["FROM scratch", "COPY web orphans /", 'CMD ["/web", "8080"]'],
                 [bench / "web", bench / "orphans"])
    yield engine
    engine.close()


def as_init(bench, *more):
    return ("--init", "--init-path", bench / "drainit", *more)


def test_as_podmans_own_init_it_is_a_plain_one(podman, bench):
    container = podman.run("bare", options=as_init(bench))
    container.out.wait_for("listening")
    with open(f"/proc/{container.first}/cmdline", "rb") as file:
        assert file.read().split(b"\0")[0].endswith(b"/podman-init")
    assert not container.can_connect(probing.PORT)
    begun = time.monotonic()
    container.stop(20)
    assert container.wait() == 0
    assert container.out.matching("web: SIGTERM")
    assert time.monotonic() - begun < 10
    assert container.log.all() == []


def test_as_podmans_own_init_it_reaps_orphans(podman, bench):
    container = podman.run("bare", "/orphans", "50", options=as_init(bench))
    container.out.wait_for("^made")
    until(lambda: len(open(f"/proc/{container.first}/task/{container.first}/children",
                           encoding="ascii").read().split()) == 1, "only the app is left")
    container.kill("KILL")


def test_as_podmans_own_init_with_a_variable_it_drains(podman, bench):
    container = podman.run("bare", options=as_init(bench, "--env", "DRAINIT_DRAIN=2s"))
    probing.wait_until_ready(container)
    container.drain(2)
    assert container.log.matching("^drainit: drained in 2")
