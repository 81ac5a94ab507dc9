"""A proxy that hears late and keeps its connections, beside direct clients that have heard: nothing of either is lost.

Twenty direct connections in the first second would end the window; the pool's few requests a second must hold it.
"""

import signal
import time

import pytest

import balancer
import probing
import servers
from balancer import FRONT, OLD
from box import until
from traffic import Stop, Traffic

PYTHON = "/usr/bin/python3"
#: When the proxy hears, in seconds after the drain signal; Kubernetes' own window is 5 to 12.
LATE = 10.5


def nginx(place):
    words = servers.nginx(FRONT, place)
    path = place / "nginx.conf"
    path.write_text(path.read_text().replace("server {", f"""
        upstream app {{ server 127.0.0.1:{OLD}; keepalive 4; }}
        server {{ location / {{
            proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_next_upstream off; proxy_bind 127.0.0.3; }} """))
    return words


def haproxy(place):
    (place / "haproxy.cfg").write_text(
        balancer.configuration(f"http-reuse always\n  source 127.0.0.3\n  server app 127.0.0.1:{OLD}"))
    return ["haproxy", "-q", "-db", "-f", place / "haproxy.cfg"]


@pytest.mark.parametrize("proxy", [nginx, haproxy])
def test_a_late_pool_beside_direct_clients_loses_nothing(drainit, start, place, proxy):
    app = [PYTHON, servers.bare(place) / "protocols.py", "serve", "http", OLD]
    box = drainit("--log", "json", "--drain", "5s..12s", "--exit-map", "143:0", app=app)
    probing.wait_until_ready(box)
    front = start(proxy(place), network=f"/proc/{box.first}/ns/net")
    until(lambda: box.can_connect(FRONT), f"the proxy listens; it said {front.log.text()}")
    with Traffic(box, OLD) as traffic:
        pooled = traffic.requests(15, "127.0.1.3", port=FRONT)
        direct = traffic.requests(20, "127.0.0.2")
        until(lambda: direct.count > 5 and pooled.count > 5, "requests are answered")
        told = time.monotonic()
        box.signal(signal.SIGTERM)
        direct.ends, pooled.ends = told + 1, told + LATE
        assert box.wait() == 0
        for flow in (direct, pooled):
            flow.wait()
    stop = Stop(box)
    assert not direct.failures and not pooled.failures, (direct.failures, pooled.failures, stop)
    assert pooled.count > 15 * LATE * 0.8 and stop.late > 100, (pooled.count, stop)
    front.close()
