"""A host by its name is looked up where it can hurt nobody."""

import subprocess
import time

import probing

EVERY = ("--ready-every", "100ms")


def test_a_name_server_that_is_dead_delays_nothing(drainit, place):
    (place / "resolv.conf").write_text("nameserver 127.0.0.53\noptions timeout:30 attempts:3\n")
    silent = ("import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
              "s.bind(('127.0.0.53', 53)); s.recv(1); print('asked', flush=True); input()")
    script = f'mount --bind {place}/resolv.conf /etc/resolv.conf && exec "$@"'
    box = drainit(*EVERY, "--ready", "tcp:no-such-name.example:80", app=[
        "/usr/bin/python3", "-c", silent], before=("sh", "-c", script, "sh"), stdin=subprocess.PIPE)
    box.out.wait_for("asked")
    for _ in range(20):
        begun = time.monotonic()
        assert probing.get(box, "/livez").status == 200
        assert time.monotonic() - begun < 1
    assert probing.get(box).status == 503
    # Nor does the end wait for it.
    box.tell("")
    assert box.wait() == 0
