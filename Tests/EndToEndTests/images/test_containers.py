"""The binary as people run it: an image FROM scratch, podman, runc, the default seccomp filter."""

import shutil
import socket
import statistics
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
    engine.build("app-tini", ["FROM scratch", "COPY tini-static signals /",
                              'ENTRYPOINT ["/tini-static", "--"]'],
                 [bench / "signals", shutil.which("tini-static")])
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
    container.drain(2)
    assert container.out.matching("web: SIGTERM")
    assert container.log.matching("^drainit: drained in 2")


def test_an_images_stopsignal_sigint_drains(podman):
    container = podman.run("app-int", options=("--env", "DRAINIT_DRAIN=1s"))
    probing.wait_until_ready(container)
    container.drain(1)
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
    for name in ("Seccomp", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Uid", "Groups"):
        assert first[name] == second[name], name
    container.kill("USR1")
    assert container.wait() == 0


def test_an_app_that_listens_on_nothing_stops_as_fast_as_under_tini(podman):
    took = {"app": [], "app-tini": []}
    for _ in range(5):
        for image, times in took.items():
            container = podman.run(image, "/signals", "TERM=0")
            container.out.wait_for("^ready")
            begun = time.monotonic()
            container.stop(20)
            times.append(time.monotonic() - begun)
            assert container.wait() == 0
    # The difference is a fifth of a millisecond; what podman itself takes comes and goes by 100.
    assert statistics.median(took["app"]) < statistics.median(took["app-tini"]) + 0.5, took


def test_in_another_containers_pid_namespace_sigint_is_still_the_platforms(podman):
    keeper = podman.run("app", options=("--env", "DRAINIT_LISTEN=off"))
    keeper.out.wait_for("listening")
    container = podman.run("app-int", options=(
        "--pid", f"container:{keeper.name}", "--env", "DRAINIT_DRAIN=1s"))
    probing.wait_until_ready(container)
    container.drain(1)
    assert container.out.matching("web: SIGINT")


def test_two_in_one_network_both_drain_and_the_second_says_what_it_lacks(podman):
    """A pod's containers share one network: the first has the default port, the other goes without."""
    first = podman.run("app", options=("--env", "DRAINIT_DRAIN=1s"))
    probing.wait_until_ready(first)
    second = podman.run("app", "/web", "8081", options=("--env", "DRAINIT_DRAIN=2s"),
                        network=f"container:{first.name}")
    second.log.wait_for(f"{probing.PORT}.*--listen")
    second.out.wait_for("listening on 8081")
    assert probing.get(first).status == 200
    begun = time.monotonic()
    second.stop(20)
    assert second.wait() == 0
    # It never was ready as far as anybody could see, but its window is kept.
    assert second.out.matching("web: SIGTERM") and time.monotonic() - begun < 15
    assert probing.get(first).status == 200
    first.stop(20)
    assert first.wait() == 0


def test_a_container_that_is_restarted_in_place_binds_again(podman):
    container = podman.run("app", options=("--env", "DRAINIT_DRAIN=1s"), keep=True)
    probing.wait_until_ready(container)
    for _ in range(5):
        probing.get(container)
    container.stop(20)
    assert container.wait() == 0
    again = podman.start_again(container)
    probing.wait_until_ready(again)
    again.stop(20)
    assert again.wait() == 0


def test_an_init_container_from_scratch_brings_the_binary_to_another_image(podman, bench, place):
    container = podman.run("app", "--install", "/shared/drainit", options=(
        "--entrypoint", "/drainit", "--read-only", "--user", "65534", "--cap-drop=all",
        "--volume", f"{place}:/shared"))
    assert container.wait() == 0, container.log.text()
    assert (place / "drainit").read_bytes() == (bench / "drainit").read_bytes()


def test_on_the_hosts_network_only_its_own_app_counts_and_nobody_elses_port_is_taken(podman):
    with socket.socket() as taken, socket.socket() as theirs:
        for other in (taken, theirs):
            other.bind(("127.0.0.1", 0))
            other.listen()
        port, free = taken.getsockname()[1], theirs.getsockname()[1]
        container = podman.run("app", "/signals", "TERM=0", network="host",
                               options=("--env", f"DRAINIT_LISTEN=127.0.0.1:{port}"))
        assert container.wait() == 125
        assert container.log.matching(str(port))
        theirs.close()
        container = podman.run("app", "/signals", "TERM=0", network="host", options=(
            "--env", f"DRAINIT_LISTEN=127.0.0.1:{free}", "--env", "DRAINIT_READY_EVERY=100ms"))
        container.out.wait_for("^ready")
        # The host is full of listeners (`taken` is one), and none of them is the app's.
        answer = probing.wait_for_status(container, 503, port=free)
        assert "listening" in answer.text
        container.stop(20)
        assert container.wait() == 0


def test_podman_learns_by_sdnotify_what_the_app_says(podman, place):
    """`--sdnotify=container`: podman's caller, a systemd unit, waits for the app's own READY=1."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(place / "unit"))
    listener.settimeout(30)
    hosts = [word for folder in ("/usr", "/bin", "/lib", "/lib64")
             for word in ("--volume", f"{folder}:{folder}:ro")]
    container = podman.run(
        "app", "sh", "-c", "systemd-notify --ready --status=through && exec sleep 600",
        options=("--sdnotify=container", *hosts, "--env", "DRAINIT_READY=notify"),
        env={"NOTIFY_SOCKET": str(place / "unit")})
    said = b""
    while b"READY=1" not in said:
        said += listener.recv(4096) + b"\n"
    listener.close()
    probing.wait_until_ready(container)
    assert probing.get(container, "/status").text.count('"status":"through"') == 1
    container.stop(10)
    container.wait()
