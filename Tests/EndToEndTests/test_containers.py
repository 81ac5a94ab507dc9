"""The binary as people run it: an image FROM scratch, podman, runc, the default seccomp filter."""

import time

import pytest

import probing
from box import status_of
from podman import Podman


@pytest.fixture(scope="module")
def podman(bench):
    engine = Podman()
    lines = ["FROM scratch", "COPY drainit web become signals /",
             'ENTRYPOINT ["/drainit", "--"]', 'CMD ["/web", "8080"]']
    files = [bench / name for name in ("drainit", "web", "become", "signals")]
    engine.build("app", lines, files)
    engine.build("app-int", [*lines, "STOPSIGNAL SIGINT"], files)
    yield engine
    engine.close()


RIGHTS = {
    "default": (),
    "read-only": ("--read-only",),
    "no capability": ("--cap-drop=all",),
    "nobody": ("--user", "65534"),
    "all of it": ("--read-only", "--cap-drop=all", "--user", "65534",
                  "--security-opt", "no-new-privileges"),
}


@pytest.mark.parametrize("options", RIGHTS.values(), ids=RIGHTS)
def test_podman_stop_drains_whatever_rights_are_left(podman, options):
    container = podman.run("app", options=(*options, "--env", "DRAINIT_DRAIN=2s"))
    probing.wait_until_ready(container)
    begun = time.monotonic()
    container.stop(20)
    took = time.monotonic() - begun
    assert container.wait() == 0
    assert 2 <= took < 15
    assert container.out.matching("web: SIGTERM")
    assert container.log.matching("^drainit: drained in 2")


def test_an_images_stopsignal_sigint_drains(podman):
    container = podman.run("app-int", options=("--env", "DRAINIT_DRAIN=1s"))
    probing.wait_until_ready(container)
    begun = time.monotonic()
    container.stop(20)
    assert container.wait() == 0
    assert 1 <= time.monotonic() - begun < 15
    assert container.out.matching("web: SIGINT")


def test_not_ready_comes_first_and_the_app_serves_meanwhile(podman):
    container = podman.run("app", options=("--env", "DRAINIT_DRAIN=3s"))
    probing.wait_until_ready(container)
    container.kill("TERM")
    assert probing.wait_for_status(container, 503).text == "draining\n"
    assert probing.get(container, "/", port=8080).status == 200
    assert not container.out.matching("web: SIGTERM")
    assert container.wait() == 0


def test_the_gate_sees_the_listener_of_an_app_that_became_another_user(podman):
    container = podman.run("app", "/become", "65534", "/web", "8080",
                           options=("--env", "DRAINIT_DRAIN=1s"))
    probing.wait_until_ready(container)
    container.stop(20)
    assert container.wait() == 0


def test_the_app_gets_the_apps_seccomp_filter_capabilities_and_limits(podman):
    container = podman.run("app", "/signals", "--listen", "8080", "USR1=0")
    probing.wait_until_ready(container)
    with open(f"/proc/{container.first}/task/{container.first}/children", encoding="ascii") as file:
        app = int(file.read().split()[0])
    first, second = status_of(container.first), status_of(app)
    for name in ("Seccomp", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Uid", "SigBlk"):
        if name != "SigBlk":
            assert first[name] == second[name], name
    container.kill("USR1")
    assert container.wait() == 0


def test_a_container_that_is_told_to_stop_before_its_app_listens_loses_no_time(podman):
    container = podman.run("app", "/signals", "TERM=0")
    container.out.wait_for("^ready")
    begun = time.monotonic()
    container.stop(20)
    assert container.wait() == 0
    assert time.monotonic() - begun < 3
