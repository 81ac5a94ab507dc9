"""Several lives, one after another or side by side, in one network namespace (a pod)."""

import signal

import pytest

import probing


@pytest.fixture
def pod(start):
    """Keeps the network: its path, for `network=`."""
    return f"/proc/{start(['sleep', '600']).first}/ns/net"


def time_waits(box):
    """How many connections of the endpoint's port are in TIME_WAIT."""
    done = box.run_inside("ss", "-Htn", "state", "time-wait", f"( sport = :{probing.PORT} )")
    assert done.returncode == 0, done.stderr
    return len(done.stdout.splitlines())


def test_restarted_in_place_it_binds_though_its_port_is_in_time_wait(drainit, pod):
    for _ in range(3):
        box = drainit("--drain", "1s", app=["web", "8080"], network=pod)
        probing.wait_until_ready(box)
        for _ in range(20):
            assert probing.get(box).status == 200
        # It closes each connection first, as every server does that says Connection: close.
        assert time_waits(box) >= 20
        box.signal(signal.SIGKILL)
        box.wait()
        assert not box.log.matching("no endpoint")


def test_two_side_by_side_each_drain_for_themselves(drainit, pod):
    first = drainit("--drain", "1s", "--listen", "14401", app=["web", "8080"], network=pod)
    second = drainit("--drain", "1s", "--listen", "14402", app=["web", "8081"], network=pod)
    probing.wait_until_ready(first, port=14401)
    probing.wait_until_ready(second, port=14402)
    first.signal(signal.SIGTERM)
    assert probing.wait_for_status(first, 503, port=14401)
    assert probing.get(second, port=14402).status == 200
    assert first.wait() == 0
    assert probing.get(second, "/", port=8081).status == 200
    second.signal(signal.SIGTERM)
    assert second.wait() == 0


def test_a_port_that_was_asked_for_and_is_the_others_ends_the_second(drainit, pod):
    first = drainit("--listen", "14401", app=["web", "8080"], network=pod)
    probing.wait_until_ready(first, port=14401)
    second = drainit("--listen", "14401", app=["web", "8081"], network=pod)
    assert second.wait() == 125
    assert second.out.all() == []
    assert second.log.matching("14401")


KUBERNETES = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}


def test_in_kubernetes_the_default_port_that_is_anothers_ends_the_second(drainit, pod):
    first = drainit(app=["web", "8080"], network=pod, env=KUBERNETES)
    probing.wait_until_ready(first)
    second = drainit(app=["web", "8081"], network=pod, env=KUBERNETES)
    assert second.wait() == 125
    assert second.out.all() == []
    assert second.log.matching("14315.*--listen PORT.*--listen off")


def test_in_kubernetes_a_predecessor_that_leaves_is_waited_for(drainit, pod):
    first = drainit("--drain", "0", app=["web", "8080"], network=pod, env=KUBERNETES)
    probing.wait_until_ready(first)
    second = drainit(app=["web", "8081"], network=pod, env=KUBERNETES)
    first.signal(signal.SIGTERM)
    first.wait()
    probing.wait_until_ready(second)


def test_elsewhere_it_costs_the_endpoint_and_a_warning(drainit, pod):
    first = drainit(app=["web", "8080"], network=pod)
    probing.wait_until_ready(first)
    second = drainit(app=["web", "8081"], network=pod)
    second.log.wait_for("no endpoint: port 14315")
    second.out.wait_for("listening")


def test_below_another_drainit_the_inner_one_goes_on_without(drainit, bench):
    box = drainit(app=[str(bench / "drainit"), "--", str(bench / "web"), "8080"], env=KUBERNETES)
    box.log.wait_for("no endpoint: port 14315")
    probing.wait_until_ready(box)
