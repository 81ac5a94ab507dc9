"""Where drainit cannot be executed anew, a stop is still the one that the options ask for."""

import shutil
import signal
import subprocess
import time

import pytest

import probing
from box import until


SHELL = "trap 'echo QUIT; exit 4' QUIT; trap 'echo TERM; exit 3' TERM; trap 'echo USR2' USR2; " \
        "trap 'echo INT; exit 5' INT; echo ready; while :; do sleep 0.05; done"


@pytest.mark.parametrize("words, name, sent, received", [
    (["--rewrite", "TERM:QUIT"], "sh", signal.SIGTERM, "QUIT"),
    (["--stop-signal", "QUIT"], "sh", signal.SIGTERM, "QUIT"),
    ([], "sh", signal.SIGINT, "INT"),
    (["--drain-signal", "USR1", "--rewrite", "USR1:TERM"], "sh", signal.SIGUSR1, "TERM"),
    ([], "nginx", signal.SIGTERM, "QUIT"),
    ([], "nginx", signal.SIGQUIT, "QUIT"),
], ids=str)
def test_the_stop_is_the_one_that_the_options_say(refused, fault, place, words, name, sent, received):
    shutil.copy("/bin/dash", place / name)
    # A gate that is opened when the traps are there.
    box = refused("--drain", "1s", "--ready", f"file:{place}/up", *words,
                  app=[str(place / name), "-c", SHELL])
    box.out.wait_for("^ready")
    (place / "up").touch()
    probing.wait_until_ready(box)
    assert fault(box.pid).returncode == 0
    box.log.wait_for("cannot come back")
    begun = time.monotonic()
    box.signal(sent)
    assert box.wait() in (3, 4, 5)
    assert box.out.all()[1:] == [received]
    assert 1 <= box.out.time_of(f"^{received}$") - begun < 5


def test_what_is_rewritten_is_passed_on_so(refused, fault):
    box = refused("--rewrite", "USR1:USR2", "--rewrite", "HUP:0", app=["signals", "USR2=3"])
    box.out.wait_for("^ready")
    probing.wait_for_status(box, 200, "/livez")
    assert fault(box.pid).returncode == 0
    box.log.wait_for("cannot come back")
    box.signal(signal.SIGHUP)
    box.signal(signal.SIGUSR1)
    assert box.wait() == 3
    assert [line.split()[0] for line in box.out.all()[1:]] == ["USR2"]


def test_a_second_interrupt_ends_the_window(refused, fault):
    box = refused("--drain", "20s", "--ready", "none", app=["signals", "INT=3"])
    box.out.wait_for("^ready")
    assert fault(box.pid).returncode == 0
    box.log.wait_for("cannot come back")
    box.signal(signal.SIGINT)
    time.sleep(0.3)
    assert box.is_running
    box.signal(signal.SIGINT)
    assert box.wait() == 3


def test_a_signal_to_all_is_not_for_a_hook_that_runs(refused, fault, place):
    hook = place / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {place}/begun\nwhile ! test -e {place}/go; do sleep 0.05; done\n"
                    f"touch {place}/told\n")
    hook.chmod(0o755)
    box = refused("--signal-to", "all", "--ready", "none", "--on-ready", str(hook), "--hook-timeout", "60s",
                  "--drain", "1s", app=["signals", "USR1=3"])
    until(lambda: (place / "begun").exists(), "the hook runs")
    assert fault(box.pid).returncode == 0
    box.log.wait_for("cannot come back")
    box.signal(signal.SIGUSR2)
    box.out.wait_for("^USR2 ")
    (place / "go").touch()
    until(lambda: (place / "told").exists(), "the hook goes on")
    box.signal(signal.SIGUSR1)
    assert box.wait() == 3


def test_while_no_next_life_can_begin_a_stop_has_its_window(drainit, fault):
    box = drainit("--drain", "2s", "--stop-timeout", "1s", app=["signals", "--listen", "8080", "TERM=3"])
    probing.wait_until_ready(box)
    # It is executed anew, and then has no descriptor for its start.
    subprocess.run(["prlimit", "--nofile=3:", "--pid", str(box.pid)], check=True)
    assert fault(box.pid).returncode == 0
    time.sleep(1)
    sent = time.monotonic()
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    assert 2 <= box.out.time_of("^TERM ") - sent < 5


def test_a_stop_in_a_pause_waits_for_the_next_life(drainit, fault, place):
    box = drainit("--drain", "1s", "--on-drain", f"touch {place}/told",
                  app=["signals", "--listen", "8080", "TERM=3"])
    probing.wait_until_ready(box)
    for count in (1, 2, 3):
        assert fault(box.pid).returncode == 0
        box.log.wait_for(rf"\(SIGSEGV, {count} times? so far\)")
    # Bare, each fault is followed by a pause.
    assert fault(box.pid).returncode == 0
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    assert (place / "told").exists()
