"""A second pod beside one whose clients keep their connections: by age it gets its share, without it nothing."""

import time

import released
from box import until
from fleet import Envoy, Fleet, HAProxy

HTTP = ("http.client", "requests", "node", "java")
# An age of 2 s: a connection lives 2 to 4 s, by chance.
AGE, MEAN_LIFE = 2, 3
AGED = {"max_connection_duration: 60s": f"max_connection_duration: {AGE}s"}


def pass_by(seconds):
    over = time.monotonic() + seconds
    until(lambda: time.monotonic() > over, "time goes by", deadline=seconds + 1)


def share_of_the_new_pod(fleet, app, kinds_of_clients, count):
    """Its part of the load after three mean lives, in which nobody lost a request.

    But for the rare call of gRPC's C core that meets its connection's GOAWAY: it says so instead of trying again.
    """
    old = fleet.add(app)
    clients = [fleet.client(kind, count) for kind in kinds_of_clients]
    for client in clients:
        client.wait_for(10)
    new = fleet.add(app)
    pass_by(3 * MEAN_LIFE)
    for client in clients:
        client.since()
    pass_by(4)
    shares = [client.since() for client in clients]
    for client in clients:
        failed = client.end().failed
        met = [one for one in failed if client.kind == "grpc" and "GOAWAY received" in one]
        assert failed == met and len(met) <= client.answers.total() / 100, failed
    theirs = {slot: sum(share.get(f"{app}-{slot}", 0) for share in shares) for slot in (old.slot, new.slot)}
    print(theirs)
    assert sum(theirs.values()) > 100, shares
    return theirs[new.slot] / sum(theirs.values())


def test_with_haproxy_a_new_pod_gets_its_share(start, bench, place):
    fleet = Fleet(start, bench, place, HAProxy, {"AGE": AGE})
    assert share_of_the_new_pod(fleet, "python", HTTP, 4) >= 1 / 3


def test_without_an_age_a_new_pod_gets_nothing(start, bench, place):
    assert share_of_the_new_pod(Fleet(start, bench, place, HAProxy), "python", HTTP, 4) == 0


def test_with_envoy_a_new_pod_gets_its_share_of_requests(start, bench, place):
    fleet = Fleet(start, bench, place, Envoy(released.envoy()), AGED)
    assert share_of_the_new_pod(fleet, "python", HTTP, 4) >= 1 / 3


def test_with_envoy_a_new_pod_gets_its_share_of_calls(start, bench, place):
    fleet = Fleet(start, bench, place, Envoy(released.envoy()), AGED)
    assert share_of_the_new_pod(fleet, "grpc", ["grpc"], 16) >= 1 / 3
