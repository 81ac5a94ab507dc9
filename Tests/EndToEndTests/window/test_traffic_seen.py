"""What counts as traffic in the drain window, and what does not: real connections to the shipping binary.

`--until quiet:1s` ends the window a second after the last arrival, so that an arrival shows in its length
and a count in its summary.
"""

import resource
import signal
import socket
import subprocess
import sys
import time

import pytest

import probing
from box import until
from conftest import NOBODY
from traffic import Stop, Traffic, habits

# Docker's default for root: no CAP_SYS_PTRACE.
ROOT = ("setpriv", "--bounding-set=-sys_ptrace,-sys_admin", "--inh-caps=-all")
SECOND = ("--until", "quiet:1s", "--log", "json")


def serve(drainit, *options, app=("web", "8080"), drain="1s..20s", before=NOBODY, **more):
    box = drainit("--drain", drain, *SECOND, *options, app=app, before=before, **more)
    probing.wait_until_ready(box)
    return box


def begin(box):
    """Sends the drain signal, and waits until the window is open and watched."""
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    return time.monotonic()


def some_requests(traffic, count, **more):
    """So many requests on new connections, one after the other."""
    flow = traffic.requests(50, **more)
    until(lambda: flow.count >= count or flow.failures, f"{count} requests are answered")
    flow.end()
    assert not flow.failures, flow.failures
    return flow.count


def stopped(box, code=0):
    assert box.wait() == code
    return Stop(box)


def test_idle_connections_that_were_open_do_not_count(drainit):
    box = serve(drainit)
    with Traffic(box) as traffic:
        traffic.kept(5)
        # What came just before the signal is not after it: the kernel counts milliseconds.
        time.sleep(0.05)
        begin(box)
        stop = stopped(box)
    assert (stop.end, stop.late, stop.open) == ("quiet", 0, 5), stop
    assert stop.seconds < 6, stop


def test_another_request_on_an_open_connection_counts(drainit):
    box = serve(drainit)
    with Traffic(box) as traffic:
        kept = traffic.kept(5)
        begun = begin(box)
        talk = traffic.on_kept(kept[:1], 4, ends=begun + 2)
        stop = stopped(box)
        assert not talk.failures
    assert stop.end == "quiet" and stop.open == 5, stop
    assert 4 <= stop.late <= talk.count, stop
    assert stop.seconds >= 2.5 and 1.2 < stop.last < 2.5, stop


def test_none_is_missed_that_opens_and_closes_between_two_looks(drainit):
    box = serve(drainit)
    with Traffic(box) as traffic:
        begin(box)
        count = some_requests(traffic, 60)
        stop = stopped(box)
    # All of them in less than two seconds, and a look at most each second.
    assert stop.end == "quiet" and stop.late == count, stop


def test_ipv4_and_ipv6_both_count(drainit):
    box = serve(drainit)
    with Traffic(box) as traffic:
        begin(box)
        four = some_requests(traffic, 5)
        for _ in range(5):
            with box.connect(8080, "::1") as made:
                made.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                probing.read_all(made)
        stop = stopped(box)
    assert stop.late == four + 5, stop


def test_the_apps_own_connections_and_drainits_do_not_count(drainit, start, bench):
    pod = start([*NOBODY, *habits(bench, 9090)])
    pod.out.wait_for("open 9090")
    box = serve(drainit, "--live", "tcp:8080", "--ready-every", "100ms",
                app=habits(bench, "8080", "dial:9090"), network=f"/proc/{pod.first}/ns/net")
    begin(box)
    with Traffic(box, probing.PORT) as traffic:
        # Each makes drainit connect to the app's port, or is drainit's own to begin with.
        def probe():
            assert probing.get(box, "/livez").status == 200
            probing.get(box, "/readyz")
        probes = traffic.flow(0.1, probe)
        stop = stopped(box)
        assert probes.count > 3
    assert (stop.end, stop.late) == ("quiet", 0) and stop.seconds < 6, stop


def test_a_port_that_was_opened_after_the_start_counts(drainit, bench):
    box = serve(drainit, app=habits(bench, "8080", "usr1:8081"))
    box.signal(signal.SIGUSR1)
    box.out.wait_for("did SIGUSR1")
    with Traffic(box, 8081) as traffic:
        begin(box)
        count = some_requests(traffic, 10)
        stop = stopped(box)
    assert (stop.end, stop.late) == ("quiet", count), stop


FAMILIES = {
    "a grandchild": "trap 'kill $!; exit 0' TERM; sh -c '{web} 8080; :' & wait",
    "a pool of three": "trap 'exit 0' TERM; {web} --reuse 8080 & {web} --reuse 8080 & "
                       "{web} --reuse 8080 & wait",
    "another user": "trap 'exit 0' TERM; setpriv --reuid=33 --regid=33 --clear-groups {web} 8080 & wait",
}


@pytest.mark.parametrize("script", FAMILIES.values(), ids=FAMILIES)
def test_sockets_count_whosever_they_are_in_the_apps_family(drainit, bench, script):
    box = serve(drainit, app=["sh", "-c", script.format(web=bench / "web")], before=ROOT)
    until(lambda: len(box.named("web")) == (3 if "reuse" in script else 1), "all are there")
    with Traffic(box) as traffic:
        some_requests(traffic, 1)
        begin(box)
        count = some_requests(traffic, 20)
        stop = stopped(box)
    # One from before the signal may close after it.
    assert stop.end == "quiet" and count <= stop.late <= count + 1, stop


def test_a_listener_that_the_app_closes_in_the_window(drainit, bench):
    box = serve(drainit, app=habits(bench, "8080", "usr2:8080"))
    with Traffic(box) as traffic:
        open_one, = [box.connect(8080)]
        begin(box)
        count = some_requests(traffic, 10)
        box.signal(signal.SIGUSR2)
        box.out.wait_for("did SIGUSR2")
        assert not box.can_connect(8080)
        # Who is connected is served, and counts.
        open_one.sendall(b"GET / HTTP/1.1\r\nHost: a-name-of-some-length.example\r\n\r\n")
        assert probing.read_all(open_one).endswith(b"ok\n")
        stop = stopped(box)
    assert (stop.end, stop.late) == ("quiet", count + 1), stop


@pytest.mark.parametrize("own", [True, False], ids=["cgroups of their own", "one cgroup"])
def test_a_sidecars_busy_listener_does_not_count(drainit, start, bench, cgroup, own):  # noqa: F811
    pod = start([*NOBODY, bench / "web", 9090], cgroup=cgroup() if own else None)
    pod.out.wait_for("listening")
    box = serve(drainit, network=f"/proc/{pod.first}/ns/net", cgroup=cgroup() if own else None)
    with Traffic(box) as traffic:
        busy = traffic.requests(50, port=9090)
        begin(box)
        stop = stopped(box)
        assert busy.count > 20 and not busy.failures
    assert (stop.end, stop.late) == ("quiet", 0) and stop.seconds < 6, stop
    for each in (box, pod):
        each.close()


def test_what_waits_in_an_accept_queue_holds_the_window(drainit, bench):
    box = serve(drainit, app=habits(bench, "deaf:8080:100"))
    begun = begin(box)
    waiting = [box.connect(8080) for _ in range(3)]
    for one in waiting:
        one.sendall(b"GET / HTTP/1.1\r\nHost: a-name-of-some-length.example\r\n\r\n")
    # Longer than any silence that would end it.
    time.sleep(begun + 4 - time.monotonic())
    assert not box.out.matching("got SIGTERM")
    box.signal(signal.SIGUSR1)
    for one in waiting:
        assert probing.read_all(one).endswith(b"ok\n")
    stop = stopped(box)
    assert stop.end == "quiet" and stop.late == 3 and stop.seconds >= 4, stop


def test_a_full_queue_holds_the_window_to_its_end(drainit, bench):
    box = serve(drainit, app=habits(bench, "deaf:8080:0"), drain="1s..4s")
    begin(box)
    for _ in range(5):
        one = box.socket(socket.AF_INET)
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", 8080))
    stop = stopped(box)
    assert stop.end == "max" and stop.seconds >= 4, stop


def test_with_udp_alone_the_window_lasts_its_maximum_and_that_is_said(drainit, bench):
    box = drainit("--drain", "1s..3s", *SECOND, "--ready", "none", app=habits(bench, "udp:5353"),
                  before=NOBODY)
    box.out.wait_for("open udp")
    probing.wait_until_ready(box)
    begin(box)
    stop = stopped(box)
    assert (stop.end, stop.late) == ("max", None) and stop.seconds >= 3, stop
    assert box.log.matching("no TCP listener, so arrivals cannot be seen")


CLIENTS = """
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]) + 100,) * 2)
kept = []
for number in range(int(sys.argv[1])):
    kept.append(socket.socket())
    kept[-1].bind((f"127.0.3.{1 + number // 2000}", 0))
    kept[-1].connect(("127.0.0.1", 8080))
print("connected", flush=True)
sys.stdin.read()
"""


def processor_time(pid):
    """Seconds of the processor, by the scheduler's own count."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


def test_ten_thousand_connections_cost_little_and_the_loop_serves(drainit, bench):
    wanted = 10_000
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < wanted + 200:
        pytest.skip("RLIMIT_NOFILE is too low here")
    box = drainit("--drain", "6s..30s", "--until", "quiet:5s", "--log", "json",
                  app=habits(bench, "hold:8080"), before=NOBODY)
    probing.wait_until_ready(box)
    clients = subprocess.Popen(
        ["nsenter", "--target", str(box.first), "--net", "--", sys.executable, "-c", CLIENTS,
         str(wanted)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert clients.stdout.readline() == "connected\n"
        before, memory = processor_time(box.pid), resident(box.pid)
        begun = begin(box)
        slowest = probes = 0
        grown = 0
        while not box.out.matching("got SIGTERM") and box.is_running:
            asked = time.monotonic()
            try:
                assert probing.get(box).status == 503
            except OSError:
                break
            slowest = max(slowest, time.monotonic() - asked)
            probes += 1
            used, lasted = processor_time(box.pid) - before, time.monotonic() - begun
            grown = max(grown, resident(box.pid) - memory)
            time.sleep(0.02)
        stop = stopped(box)
    finally:
        clients.communicate()
    assert stop.open == wanted and stop.late == 0 and stop.end == "quiet", stop
    # The probes here are drainit's work, too, 50 a second; a look is 18 ms on a machine of 2020.
    assert used < 0.02 * lasted + 0.1 + 0.0005 * probes, f"{used:.3f} s of {lasted:.1f} s"
    assert slowest < 1 and probes > 50
    # 16 bytes a connection, and what the looks themselves need.
    assert grown < 1024, f"{grown} KiB"


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def test_closings_that_the_kernel_could_not_tell_of_hold_the_window(drainit):
    """ENOBUFS: more connections closed at once than the socket's memory holds."""
    box = serve(drainit, drain="1s..60s")
    with Traffic(box) as traffic:
        begin(box)
        box.signal(signal.SIGSTOP)
        flow = traffic.requests(5_000)
        until(lambda: lost(box) > 0, "the kernel has lost a closing", deadline=60)
        flow.end()
        box.signal(signal.SIGCONT)
        continued = time.monotonic()
        stop = stopped(box)
        assert not flow.failures
    assert stop.end == "quiet" and 0 < stop.late < flow.count, stop
    # The lost ones count as one of the moment when it was learnt.
    assert box.wait_time() - continued >= 1, stop


def lost(box):
    """How many messages the SOCK_DIAG sockets (protocol 4) of a box have lost."""
    with open(f"/proc/{box.first}/net/netlink", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return sum(int(row[8]) for row in rows if row[1] == "4")


def test_only_the_ports_that_were_named_count(drainit):
    box = serve(drainit, "--port", "8081", app=("web", "8080", "8081"))
    with Traffic(box) as traffic:
        busy = traffic.requests(50)
        begin(box)
        count = some_requests(traffic, 5, port=8081)
        stop = stopped(box)
        assert busy.count > 20
    assert (stop.end, stop.late) == ("quiet", count), stop


def test_until_closed_waits_for_the_last_connection(drainit):
    box = serve(drainit, "--until", "closed")
    with Traffic(box) as traffic:
        one, = traffic.kept(1)
        begun = begin(box)
        time.sleep(begun + 3 - time.monotonic())
        assert not box.out.matching("web: SIGTERM")
        one.close()
        stop = stopped(box)
    assert (stop.end, stop.open) == ("closed", 0) and 3 <= stop.seconds < 12, stop


def test_until_probed_waits_for_a_balancer_that_has_seen_it_fail(drainit):
    box = serve(drainit, "--until", "probed:3")

    def probe(agent, status=b" 503 "):
        with box.connect(probing.PORT) as made:
            made.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nUser-Agent: " + agent + b"\r\n\r\n")
            assert status in probing.read_all(made)

    probe(b"ELB-HealthChecker/2.0", b" 200 ")
    begun = begin(box)
    # The kubelet's probes are not a balancer's, and two are not three.
    for _ in range(5):
        probe(b"kube-probe/1.30")
    probe(b"ELB-HealthChecker/2.0")
    probe(b"ELB-HealthChecker/2.0")
    time.sleep(begun + 3 - time.monotonic())
    assert not box.out.matching("web: SIGTERM")
    probe(b"ELB-HealthChecker/2.0")
    stop = stopped(box)
    assert stop.end == "probed" and 3 <= stop.seconds < 12, stop


def test_until_a_check_holds(drainit, place):
    box = serve(drainit, "--until", f"exec:test -e {place}/done", "--ready-every", "200ms")
    begun = begin(box)
    time.sleep(begun + 3 - time.monotonic())
    assert not box.out.matching("web: SIGTERM")
    (place / "done").touch()
    stop = stopped(box)
    assert stop.end == "check" and 3 <= stop.seconds < 12, stop


def test_without_netlink_the_window_lasts_its_maximum_and_that_is_said(drainit, bench):
    box = drainit("--drain", "1s..3s", *SECOND, "--port", "8080", app=("web", "8080"),
                  before=(*NOBODY, "/usr/bin/python3", str(bench / "without_netlink.py")))
    probing.wait_until_ready(box)
    with Traffic(box) as traffic:
        real = traffic.requests(10)
        begin(box)
        box.out.wait_for("web: SIGTERM")
        real.end()
    stop = stopped(box)
    assert stop.end == "max" and stop.seconds >= 3, stop
    assert box.log.matching("arrivals cannot be seen \\(not permitted\\): the window lasts its maximum")


def test_without_netlink_the_window_of_one_that_was_never_ready_lasts_its_minimum(drainit, bench):
    box = drainit("--drain", "1s..9s", "--log", "json", "--ready", "tcp:9999", "--port", "8080", app=("web", "8080"),
                  before=(*NOBODY, "/usr/bin/python3", str(bench / "without_netlink.py")))
    box.out.wait_for("listening on 8080")
    begin(box)
    box.out.wait_for("web: SIGTERM")
    assert stopped(box).end == "min"
    assert box.log.matching("arrivals cannot be seen \\(not permitted\\): the window lasts its minimum")
