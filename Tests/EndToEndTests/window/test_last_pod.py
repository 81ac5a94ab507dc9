"""Who is told when, under kube-proxy's rule: ready endpoints, else those that serve and are terminating.

A deletion makes the endpoint terminating at once. In a stop that is no deletion only the kubelet's failing
probe takes it out.
"""

import signal
import time

import probing
from box import until

PERIOD = 2.0
KUBERNETES = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}


class Pod:
    """A box as the endpoint controller knows it: by what the kubelet's probes have shown, and late by nothing."""

    def __init__(self, box):
        self.box = box
        self.serving, self.terminating = False, False
        self.due = time.monotonic()

    def probe(self):
        """The kubelet's readiness probe, where it is due; its failure threshold is 1."""
        if time.monotonic() >= self.due:
            self.due += PERIOD
            try:
                self.serving = self.box.is_running and probing.get(self.box).status == 200
            except OSError:
                self.serving = False

    @property
    def ready(self):
        return self.serving and not self.terminating

    def answers(self):
        try:
            return self.box.is_running and probing.get(self.box, "/", port=8080).status == 200
        except OSError:
            return False


def pod(drainit):
    box = drainit("--drain", "5s..12s", app=["web", "8080"], env=KUBERNETES)
    probing.wait_for_status(box, 200, "/startupz")
    return Pod(box)


def load(pods, seconds, add=()):
    """Requests by kube-proxy's rule, and the probes; the moments, from its start, of those that were lost."""
    start, lost, count = time.monotonic(), [], 0
    while (now := time.monotonic() - start) < seconds:
        pods = pods + [new for after, new in add if now >= after]
        add = [(after, new) for after, new in add if now < after]
        for each in pods:
            each.probe()
        chosen = [each for each in pods if each.ready] or [
            each for each in pods if each.serving and each.terminating]
        if not chosen or not chosen[count % len(chosen)].answers():
            lost.append(round(now, 2))
        count += 1
        time.sleep(0.05)
    assert count > seconds * 4
    return lost


def test_the_only_pod_is_deleted_and_its_successor_is_ready_later(drainit):
    old = pod(drainit)
    assert load([old], 2.5 * PERIOD) == []
    new = pod(drainit)
    old.terminating = True
    old.box.signal(signal.SIGTERM)
    assert load([old], 16, [(4, new)]) == []


def test_one_of_two_is_stopped_without_a_deletion(drainit):
    pods = [pod(drainit), pod(drainit)]
    assert load(pods, 2.5 * PERIOD) == []
    pods[0].box.signal(signal.SIGTERM)
    assert load(pods, 15) == []
    assert not pods[0].box.is_running
    assert pods[0].box.log.matching("for the kubelet, too")


def test_everybody_but_the_kubelet_is_told_at_once(drainit, bench):
    box = pod(drainit).box
    for _ in range(3):
        assert probing.get(box).status == 200
        time.sleep(0.5)
    box.signal(signal.SIGTERM)
    until(lambda: box.log.matching("SIGTERM: draining"), "it drains")
    request = b"GET /readyz HTTP/1.1\r\nHost: x\r\nUser-Agent: GoogleHC/1.0\r\n\r\n"
    assert probing.Answer(probing.raw(box, request)).text == "draining\n"
    assert probing.get(box).status == 200
    probe = box.run_inside(bench / "drainit", "--probe", f"http://localhost:{probing.PORT}/readyz")
    assert probe.returncode == 0, probe.stderr
