"""Long polling: a poll that hangs is a request in flight, and a client between two of its polls is idle."""

import time

import pytest

import servers
from box import until
from distance import Asked
from test_at_a_distance import (SLOW, ask_raw, assert_answered_first, connections, drain, get, nginx, of, protocols,
                                raw, run)

SERVERS = {
    "nginx": nginx(""),
    "uvicorn": of(servers.uvicorn),
    "no framework": protocols("http"),
}
#: A poll of which nothing came: it was answered after two seconds.
EMPTY = get("/2")


@pytest.mark.parametrize("kind", SERVERS)
def test_a_poll_that_hangs_is_answered_and_between_two_polls_nothing_is_awaited(drainit, distance, place, kind):
    box = run(drainit, SERVERS[kind](place))
    far = distance(box)
    idle = [raw(EMPTY)(far) for _ in range(2)]
    polls = [Asked(lambda: ask_raw(get(f"/{SLOW}"), get("/1"))(far)) for _ in range(3)]
    until(lambda: connections(box) >= 5, "they are connected")
    # Each has its first answer, and asks again.
    time.sleep(2.5)
    drain(box)
    assert_answered_first(box, polls, idle)
