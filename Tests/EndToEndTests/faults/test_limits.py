"""With next to nothing left (descriptors, processes, memory) drainit still does its part."""

import os
import resource
import signal
import time

import pytest

import probing
from box import RTMIN, cpu_seconds, until

APP = ["signals", "--listen", "8080", "TERM=3"]


def drain_to_the_end(box):
    probing.wait_until_ready(box)
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR1 ")
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    assert box.wait() == 3


def test_sixteen_descriptors_are_enough(drainit):
    drain_to_the_end(drainit("--drain", "1s", app=APP, before=("prlimit", "--nofile=16:16")))


def test_a_flood_that_takes_all_descriptors_leaves_it_working(drainit):
    box = drainit("--drain", "1s", app=APP, before=("prlimit", "--nofile=16:16"))
    probing.wait_until_ready(box)
    flood = [box.connect(probing.PORT) for _ in range(200)]
    # While the flood holds on, signals are forwarded and a probe still gets in.
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR1 ")
    assert probing.get(box).status == 200
    for connection in flood:
        connection.close()
    drain_to_the_end(box)


def test_while_descriptors_lack_orphans_are_reaped_and_checks_are_run(drainit, tmp_path):
    tmp_path.chmod(0o755)
    flag = tmp_path / "flag"
    flag.touch()
    box = drainit("--ready-every", "20ms", "--ready", "tcp:8080", "--ready", f"file:{flag}", app=APP,
                  before=("prlimit", "--nofile=16:16"))
    probing.wait_until_ready(box)
    flood = [box.connect(probing.PORT) for _ in range(200)]
    done = box.run_inside("sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do (true &); done")
    assert done.returncode == 0, done.stderr
    until(lambda: len(box.processes()) == 2, "nobody is left but drainit and the app")
    flag.unlink()
    probing.wait_for_status(box, 503)
    flag.touch()
    probing.wait_until_ready(box)
    for connection in flood:
        connection.close()


def test_with_no_descriptor_to_be_had_signals_and_reaping_go_on_and_probes_come_back(drainit):
    box = drainit("--drain", "1s", app=APP)
    probing.wait_until_ready(box)
    limit = resource.prlimit(box.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(box.pid, resource.RLIMIT_NOFILE, (1, limit[1]))
    waiting = [box.connect(probing.PORT) for _ in range(100)]
    for connection in waiting:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    for number in range(20):
        box.signal(RTMIN + 1, value=number)
        assert box.run_inside("sh", "-c", "(true &); (true &)").returncode == 0
    box.out.wait_for("value=19$")
    until(lambda: len(box.processes()) == 2, "nobody is left but drainit and the app")
    # It does not try again and again: a second of nothing else shows it.
    used = cpu_seconds(box)
    time.sleep(1)
    assert cpu_seconds(box) - used < 0.1
    resource.prlimit(box.pid, resource.RLIMIT_NOFILE, limit)
    probing.wait_until_ready(box)
    for connection in waiting:
        assert probing.read_all(connection).startswith(b"HTTP/1.1 200 ")
    drain_to_the_end(box)


def test_a_full_process_table_stops_nothing_but_new_processes(drainit):
    # A user of its own, so that the limit counts this test's processes alone.
    user = str(30000 + os.getpid() % 20000)
    box = drainit("--drain", "1s", "--ready", "none", app=["orphans", "100", "-1"],
                  before=("prlimit", "--nproc=30:30", "setpriv", f"--reuid={user}", "--clear-groups"))
    box.out.wait_for("^full")
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    assert box.wait() == 143


def test_where_not_even_the_app_can_be_forked_it_says_so(drainit):
    user = str(50000 + os.getpid() % 10000)
    box = drainit(app=["echo", "started"], before=(
        "setpriv", f"--reuid={user}", "--clear-groups", "prlimit", "--nproc=0:0"))
    assert box.wait() == 125
    assert box.out.all() == []
    line, = box.log.all()
    assert line.startswith("drainit: ")


@pytest.mark.parametrize("kilobytes", [4096, 2048])
def test_a_small_address_space_is_enough(drainit, kilobytes):
    # The app inherits the limit; `signals` is static and small, too.
    box = drainit("--drain", "1s", app=APP, before=("prlimit", f"--as={kilobytes * 1024}"))
    drain_to_the_end(box)


def test_with_no_process_to_be_had_checks_fail_and_the_stop_comes_in_time(drainit):
    # A check's program and a name's resolver both need a child.
    user = str(40000 + os.getpid() % 10000)
    box = drainit("--drain", "1s", "--ready-every", "100ms", "--ready", "exec:true",
                  "--ready", "tcp:some-name:1", app=["orphans", "100", "-1"],
                  before=("prlimit", "--nproc=30:30", "setpriv", f"--reuid={user}", "--clear-groups"))
    box.out.wait_for("^full")
    probing.wait_for_status(box, 503)
    assert probing.get(box, "/livez").status == 200
    box.signal(signal.SIGTERM)
    assert box.wait() == 143


def test_while_descriptors_lack_the_log_and_a_look_do_without(drainit):
    # Every descriptor that is left is a client's: a look at the traffic needs one more.
    box = drainit("--drain", "1s..2s", app=["web", "8080"], before=("prlimit", "--nofile=16:16"))
    probing.wait_until_ready(box)
    flood = [box.connect(probing.PORT) for _ in range(200)]
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    assert box.log.matching("^drainit: drained in [12]")
    for connection in flood:
        connection.close()


@pytest.mark.parametrize("kilobytes", [8192, 16384])
def test_in_a_small_address_space_checks_and_the_traffic_are_seen(drainit, kilobytes):
    box = drainit("--drain", "1s..3s", "--ready", "exec:/bin/true", "--ready", "listening",
                  app=["web", "8080"], before=("prlimit", f"--as={kilobytes * 1024}"))
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    assert box.wait() == 0


@pytest.fixture
def small_cgroup():
    """A cgroup of 64 MiB of memory; whoever enters it stays."""
    name = f"drainit-{os.getpid()}-{time.monotonic_ns()}"
    for path, limit in ((f"/sys/fs/cgroup/memory/{name}", "memory.limit_in_bytes"),
                        (f"/sys/fs/cgroup/{name}", "memory.max")):
        try:
            os.mkdir(path)
            with open(f"{path}/{limit}", "w", encoding="ascii") as file:
                file.write(str(64 << 20))
        except OSError:
            continue
        yield path
        until(lambda: not open(f"{path}/cgroup.procs", encoding="ascii").read(), "nobody is in it")
        os.rmdir(path)
        return
    pytest.skip("no memory cgroup can be made here")


def test_where_a_cgroup_runs_out_of_memory_it_goes_on(drainit, bench, small_cgroup):
    eater = f"/usr/bin/python3 -c 'b = b\"x\" * (1 << 29)'; echo ended $?; exec {bench}/web 8080"
    box = drainit(app=["sh", "-c", eater],
                  before=("sh", "-c", f'echo $$ >{small_cgroup}/cgroup.procs && exec "$@"', "sh"))
    box.out.wait_for("^ended 137$")
    probing.wait_until_ready(box)
    assert "\ndrainit_come_backs_total 0\n" in probing.get(box, "/metrics").text
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    box.close()
