"""A host by its name is looked up where it can hurt nobody."""

import subprocess
import time

import pytest

import probing
from box import until

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
        assert time.monotonic() - begun < 5
    assert probing.get(box).status == 503
    # Nor does the end wait for it.
    box.tell("")
    assert box.wait() == 0


SERVER = r"""
import socket, struct, threading, time
table = {"db.two.test": {1: ["127.0.0.7"], 28: ["::1"]}, "six.two.test": {28: ["::1"]},
         "half.test": {1: ["127.0.0.7"]}, "half6.test": {28: ["::1"]}, "late.test": {1: ["127.0.0.7"]}}
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.56", 53))
def deny():
    denier = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    denier.bind(("127.0.0.55", 53))
    while True:
        query, peer = denier.recvfrom(512)
        denier.sendto(query[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + query[12:], peer)
threading.Thread(target=deny, daemon=True).start()
four, six = socket.create_server(("127.0.0.7", 9)), socket.create_server(("::1", 10), family=socket.AF_INET6)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.53", 53))
print("serving", flush=True)
while True:
    query, peer = s.recvfrom(512)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    question = query[:at + 5][12:]
    name, kind = ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0]
    print("asked", name, kind, flush=True)
    if name == "broken.test":
        s.sendto(query[:2] + b"\x81\x82\0\1\0\0\0\0\0\0" + question, peer)
        continue
    found = table.get(name)
    if name.startswith("half") and kind not in found:
        continue
    if name == "late.test":
        time.sleep(0.1)
    data = [socket.inet_pton(socket.AF_INET if kind == 1 else socket.AF_INET6, text)
            for text in (found or {}).get(kind, [])]
    # What nobody asked for comes first.
    s.sendto(b"\0\0" + query[2:] + b"\xc0\x0c\0\1", peer)
    s.sendto(query[:2] + (b"\x81\x80" if found else b"\x81\x83") + b"\0\1"
             + struct.pack(">HHH", len(data), 0, 0) + question
             + b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(d)) + d for d in data),
             peer)
"""



def resolving(drainit, place, check, hosts="", servers=("127.0.0.54", "127.0.0.53")):
    """drainit with this check, a name server of the test's as its app, and another that is not there."""
    (place / "resolv.conf").write_text(
        "search one.test two.test\n" + "".join(f"nameserver {server}\n" for server in servers))
    (place / "hosts").write_text(hosts)
    script = (f'mount --bind {place}/resolv.conf /etc/resolv.conf && '
              f'mount --bind {place}/hosts /etc/hosts && exec "$@"')
    return drainit(*EVERY, "--ready", check, app=["/usr/bin/python3", "-uc", SERVER],
                   before=("sh", "-c", script, "sh"))


@pytest.mark.parametrize("check", ["tcp:db:9", "tcp:DB.two.test.:9", "tcp:six:10"])
def test_a_short_name_is_found_in_the_domains_that_are_searched(drainit, place, check):
    box = resolving(drainit, place, check)
    probing.wait_for_status(box, 200)


def test_both_kinds_of_address_are_tried(drainit, place):
    # Nobody listens on the IPv4 address there.
    box = resolving(drainit, place, "tcp:db.two.test:10")
    probing.wait_for_status(box, 200)


@pytest.mark.parametrize("check", ["tcp:half.test:9", "tcp:half6.test:10"])
def test_one_kind_of_address_suffices_where_the_other_never_comes(drainit, place, check):
    box = resolving(drainit, place, check)
    probing.wait_for_status(box, 200)
    assert "no answer in time" not in probing.get(box, "/readyz?verbose").text


def test_a_fast_servers_no_does_not_win_over_anothers_address(drainit, place):
    box = resolving(drainit, place, "tcp:late.test:9", servers=("127.0.0.55", "127.0.0.53"))
    probing.wait_for_status(box, 200)


def test_a_dead_server_does_not_delay_a_no(drainit, place):
    # Three names are tried; the dead server is waited for at the first alone, for less than a check may take.
    box = resolving(drainit, place, "tcp:nothing:9", servers=("127.0.0.55", "127.0.0.56"))
    box.out.wait_for("serving")
    until(lambda: "no address" in probing.wait_for_status(box, 503).text, "it has no address")


def test_the_hosts_file_comes_first(drainit, place):
    box = resolving(drainit, place, "tcp:listed:9", hosts="127.0.0.7 other listed # ours\n")
    probing.wait_for_status(box, 200)
    assert "asked listed" not in box.out.text()


@pytest.mark.parametrize("check", ["tcp:broken.test:9", "tcp:nobody.test:9"])
def test_a_name_without_an_address_is_not_ready(drainit, place, check):
    box = resolving(drainit, place, check)
    box.out.wait_for(f"asked {check.split(':')[1]} 28")
    assert probing.get(box).status == 503
