"""What runs nothing: the plan that is printed, and the copy that an init container makes."""

import os
import stat

import pytest

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all")


def test_the_plan_is_printed_and_nothing_is_run(drainit):
    box = drainit("--plan", "--drain", "2s..7s", "--stop-timeout", "5s", "--grace", "20s",
                  app=["sh", "-c", "echo started"])
    assert box.wait() == 0
    assert box.log.all() == []
    text = box.out.text()
    assert "started" not in box.out.all()
    for words in ("SIGTERM", "7s", "5s", "20s", "/readyz", "terminationGracePeriodSeconds: 20"):
        assert words in text, words


@pytest.mark.parametrize("program, signal", [
    ("nginx", "SIGQUIT"), ("/usr/sbin/haproxy", "SIGUSR1"), ("apache2", "SIGWINCH"),
    ("php-fpm8.2", "SIGQUIT"), ("postgres", "SIGINT"), ("java", "SIGTERM")])
def test_the_plan_says_what_a_known_program_is_sent(drainit, program, signal):
    box = drainit("--plan", app=[program])
    assert box.wait() == 0
    assert any("SIGTERM from the platform" in line and f"{signal} to " in line
               for line in box.out.all()), box.out.text()


def test_a_plan_that_does_not_fit_is_refused_as_the_start_would_be(drainit):
    box = drainit("--plan", "--grace", "5s", "--drain", "10s", app=["true"])
    assert box.wait() == 125
    line, = box.log.all()
    assert "5s" in line and "10s" in line


def test_the_plan_shows_no_argument_and_no_secret(drainit):
    box = drainit("--plan", "--ready", "http://user:s3cret@127.0.0.1/x?key=qu3ry",
                  "--check-header", "Authorization: Bearer t0ken", app=["sh", "--password=p4ss"],
                  env={"TOKEN": "v4lue"})
    box.wait()
    for secret in ("s3cret", "qu3ry", "t0ken", "p4ss", "v4lue"):
        assert secret not in box.out.text() + box.log.text()


@pytest.mark.parametrize("before", [(), NOBODY], ids=["root", "nobody"])
def test_install_puts_a_working_copy_there(drainit, start, bench, place, before):
    target = place / "drainit"
    for _ in range(2):  # and over an older one
        assert drainit("--install", str(target), before=before).wait() == 0
    assert target.read_bytes() == (bench / "drainit").read_bytes()
    assert stat.S_IMODE(os.stat(target).st_mode) & 0o555 == 0o555
    assert start([target, "--", "sh", "-c", "exit 5"]).wait() == 5
    assert os.listdir(place) == ["drainit"]


def test_install_over_one_that_is_running_harms_neither(drainit, start, bench, place):
    target = place / "drainit"
    assert drainit("--install", str(target)).wait() == 0
    running = start([target, "--ready", "none", "--", "sleep", "600"])
    assert drainit("--install", str(target)).wait() == 0
    assert running.is_running
    assert start([target, "--", "true"]).wait() == 0


def test_install_into_a_folder_uses_its_own_name(drainit, place):
    assert drainit("--install", str(place)).wait() == 0
    assert (place / "drainit").exists()


@pytest.mark.parametrize("where", ["/no/such/folder/drainit", "/proc/drainit"])
def test_install_where_nothing_can_be_written_says_so(drainit, where):
    box = drainit("--install", where)
    assert box.wait() == 125
    line, = box.log.all()
    assert where in line
