"""What drainit can be instead of running a program: --plan, --install, --license."""

import os
import stat
import subprocess

import pytest

from podman import Podman


def test_the_plan_is_printed_and_nothing_is_run(drainit, place):
    box = drainit("--plan", app=["touch", f"{place}/it-ran"], env={"KUBERNETES_SERVICE_HOST": "x"})
    assert box.wait() == 0
    assert box.log.all() == []
    assert box.out.matching("SIGTERM from the platform -> SIGTERM to touch")
    assert box.out.matching("the default in Kubernetes")
    assert not (place / "it-ran").exists()
    assert "it-ran" not in box.out.text()


def test_the_plan_knows_nginx_and_reads_the_variables(drainit):
    box = drainit("--plan", app=["/usr/sbin/nginx", "-g", "s3cret"],
                  env={"DRAINIT_DRAIN": "7s", "DRAINIT_GRACE": "20s", "DRAINIT_LISTEN": "8099"})
    assert box.wait() == 0
    assert box.out.matching("SIGTERM from the platform -> SIGQUIT to nginx$")
    assert box.out.matching(r"^  \+7s .*--drain, --grace 20s")
    assert box.out.matching(r"^  \+19s  +SIGKILL")
    assert box.out.matching("terminationGracePeriodSeconds: 20$")
    assert box.out.matching("readinessProbe: .*port: 8099")
    assert "s3cret" not in box.out.text()


def test_the_plan_needs_no_command(drainit):
    box = drainit("--plan")
    assert box.wait() == 0
    assert box.out.matching("-> SIGTERM to the app$")


def test_a_plan_that_does_not_fit_ends_with_the_sum(drainit):
    box = drainit("--plan", "--grace", "10s", "--drain", "8s", "--stop-timeout", "5s", app=["sh"])
    assert box.wait() == 125
    line, = box.log.all()
    assert "8s window + 5s stop timeout + 1s = 14s" in line
    assert box.out.all() == []


def assert_installed(path, bench):
    assert path.read_bytes() == (bench / "drainit").read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert subprocess.run([path, "--version"], capture_output=True, check=True).stdout


@pytest.mark.parametrize("name", ["drainit", "init", "", "."])
def test_install_copies_drainit_to_a_file_or_into_a_directory(drainit, bench, place, name):
    box = drainit("--install", f"{place}/{name}", before=("sh", "-c", 'umask 077; exec "$@"', "-"))
    assert box.wait() == 0, box.log.text()
    assert box.log.all() == [] and box.out.all() == []
    assert_installed(place / (name.strip(".") or "drainit"), bench)
    assert len(os.listdir(place)) == 1


def test_install_replaces_what_is_there_even_while_it_runs(drainit, start, bench, place):
    assert drainit("--install", place).wait() == 0
    before = (place / "drainit").stat().st_ino
    running = start([place / "drainit", "--plain", "--", bench / "signals"])
    running.out.wait_for("^ready")
    assert drainit("--install", place / "drainit").wait() == 0
    assert (place / "drainit").stat().st_ino != before
    assert_installed(place / "drainit", bench)
    assert os.listdir(place) == ["drainit"]


def test_install_replaces_a_link_and_not_what_it_names(drainit, bench, place):
    (place / "other").write_text("kept")
    (place / "drainit").symlink_to("other")
    assert drainit("--install", place / "drainit").wait() == 0
    assert not (place / "drainit").is_symlink()
    assert (place / "other").read_text() == "kept"


@pytest.mark.parametrize("path, words", [
    ("/no/such/place", "no such file or directory"),
    ("/etc/hostname/x", "a part of its path is not a directory"),
    ("{place}/full/drainit", "no space is left"),
    ("{place}/read-only", "the file system is read-only"),
    ("{place}/" + 300 * "x", "its name is too long"),
], ids=lambda value: value[:20])
def test_what_cannot_be_installed_is_said_in_one_line(drainit, place, path, words):
    mounts = ('mkdir "$0/full" "$0/read-only"; mount -t tmpfs -o size=64k none "$0/full";'
              'mount -t tmpfs -o ro none "$0/read-only"; "$@"; code=$?;'
              'find "$0" -type f; exit $code')
    box = drainit("--install", path.format(place=place),
                  before=("unshare", "--mount", "sh", "-c", mounts, place))
    assert box.wait() == 125
    line, = box.log.all()
    assert line.startswith("drainit: --install /") and words in line
    assert box.out.all() == [], "something was left behind"


def test_install_needs_the_right_to_write_there(drainit, place):
    place.chmod(0o755)
    box = drainit("--install", place, before=("setpriv", "--reuid=65534", "--clear-groups"))
    assert box.wait() == 125
    assert box.log.matching("^drainit: --install /.*: permission denied$")


def test_an_init_container_installs_it_into_an_empty_volume(bench, place):
    engine = Podman()
    try:
        engine.build("tool", ["FROM scratch", "COPY drainit /", 'ENTRYPOINT ["/drainit"]'],
                     [bench / "drainit"])
        container = engine.run("tool", "--install", "/shared", options=(
            "--read-only", "--cap-drop=all", "--user", "65534", "--volume", f"{place}:/shared"))
        assert container.wait() == 0, container.log.text()
    finally:
        engine.close()
    assert_installed(place / "drainit", bench)


@pytest.mark.parametrize("word", ["--license", "-l"])
def test_the_license_is_printed(drainit, word):
    box = drainit(word)
    assert box.wait() == 0
    assert box.out.matching("musl")


def test_two_modes_at_once_are_refused(drainit):
    box = drainit("--plan", "--install", "/x")
    assert box.wait() == 125
    assert box.log.matching("only one of --plan, --lint, --probe, --install and --hold")
