"""Careless apps behind a Service that learns late, and clients that keep their connections: with a proxy
beside the app that drainit drives nothing is lost, and without it something is.

STOPS says how many pods are stopped one after another, 4 unless set: one of each kind of app.
"""

import os

import released
from fleet import Envoy, Fleet, HAProxy

KINDS = ("go", "python", "node", "java")
CLIENTS = ("http.client", "requests", "urllib3", "node", "java", "nginx")
STOPS = int(os.environ.get("STOPS", "4"))
# The Service learns of a stop so much later, and the window is a fixed one: the rest is what a client
# has, to send a request on a connection that it keeps. It sends one every 100 ms.
LATE, WINDOW = 1.5, "6s"


def rollout(fleet, kinds=KINDS, kinds_of_clients=CLIENTS, count=3):
    """Replaces one pod after another; returns what each kind of client saw."""
    window = ("--drain", WINDOW)
    pods = [fleet.add(kind, *window) for kind in kinds]
    clients = [fleet.client(kind, count) for kind in kinds_of_clients]
    for client in clients:
        client.wait_for(10)
    for number in range(STOPS):
        pods.append(fleet.add(kinds[number % len(kinds)], *window))
        assert fleet.stop(pods[number], LATE) == 143, pods[number].box.log.text()
    for client in clients:
        client.end()
    print({client.kind: (client.answers.total(), len(client.failed)) for client in clients})
    return clients


def assert_nothing_is_lost(clients):
    assert not any(client.failed for client in clients), [client.failed for client in clients]
    assert all(client.answers.total() > 20 * STOPS for client in clients), [client.answers for client in clients]


def test_with_haproxy_no_kept_connection_loses_a_request(start, bench, place):
    assert_nothing_is_lost(rollout(Fleet(start, bench, place, HAProxy)))


def test_with_envoy_neither(start, bench, place):
    assert_nothing_is_lost(rollout(Fleet(start, bench, place, Envoy(released.envoy()))))


def test_without_a_proxy_the_same_loses(start, bench, place):
    assert any(client.failed for client in rollout(Fleet(start, bench, place)))


def test_with_envoy_no_call_is_lost(start, bench, place):
    fleet = Fleet(start, bench, place, Envoy(released.envoy()))
    assert_nothing_is_lost(rollout(fleet, ["grpc"] * 3, ["grpc"], count=6))


def test_without_a_proxy_calls_are(start, bench, place):
    assert any(client.failed for client in rollout(Fleet(start, bench, place), ["grpc"] * 3, ["grpc"], count=6))
