"""`--until unix:PATH`: the window lasts until somebody, such as a sidecar that has drained, listens there."""

import os
import socket
import time

import pytest

from test_every_place import TCP, app
from windows import bare_image, places  # noqa: F401


@pytest.mark.parametrize("where", ["first process", "hold in a container"])
def test_it_lasts_until_somebody_listens_at_the_path(places, place, where):
    path = place / "drained.sock"
    window = places.make(where, app(TCP), "--drain", "1s..50s", "--until", "quiet:1s", "--until", f"unix:{path}",
                         shared=place)
    log = window.box.log
    window.box.out.wait_for("^all")
    window.begin()
    time.sleep(3)
    assert not log.matching('"event":"(stopping|ended)"')
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        os.chmod(path, 0o666)
        # The path alone says nothing: a connection is refused.
        time.sleep(2)
        assert not log.matching('"event":"(stopping|ended)"')
        made.listen()
        stop = window.end()
    assert stop.end == "check" and 4 < stop.seconds < 40, stop
