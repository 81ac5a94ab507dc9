"""A network path with a true round trip: distance.py SERVER CLIENT DELAY

Run in a network namespace of its own, which is the path's middle. SERVER and CLIENT are processes, whose
networks become 10.77.0.2 and 10.78.0.2; DELAY is in seconds, each way. The kernel's own netem
is not in every kernel. A veth leads to the server, so that its network ends with its last process.
"""

import collections
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
CLONE_NEWNET = 0x40000000
PACKET = 65536


def ip(words, network=None):
    inside = ["nsenter", f"--net=/proc/{network}/ns/net"] if network else []
    subprocess.run([*inside, "ip", *words.split()], check=True)


def tunnel(name):
    """A device of this namespace whose packets are this program's."""
    made = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(made, TUNSETIFF, struct.pack("16sH22x", name.encode(), TUN_WITHOUT_HEADER))
    return made


def enter(network):
    if ctypes.CDLL(None, use_errno=True).setns(network, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def lay(server, client):
    """Makes all of it; the descriptors of its near and its far side."""
    ip(f"link add near type veth peer name eth0 netns {server}")
    ip("address add 10.77.0.1/24 dev near")
    ip("link set near up")
    ip("address add 10.77.0.2/24 dev eth0", server)
    ip("link set eth0 up", server)
    ip("route add default via 10.77.0.1", server)
    with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as file:
        file.write("1")
    near = tunnel("far")
    ip("link set far up")
    ip("route add 10.78.0.0/24 dev far")
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter(os.open(f"/proc/{client}/ns/net", os.O_RDONLY))
    far = tunnel("eth0")
    enter(here)
    ip("address add 10.78.0.2/24 dev eth0", client)
    ip("link set eth0 up", client)
    ip("route add default dev eth0", client)
    return near, far


def carry(near, far, delay):
    """Gives each packet to the other side when its time has come."""
    waiting = {near: collections.deque(), far: collections.deque()}
    while True:
        due = min((queue[0][0] for queue in waiting.values() if queue), default=None)
        left = None if due is None else max(0, due - time.monotonic())
        for side in select.select([near, far], [], [], left)[0]:
            other = far if side == near else near
            try:
                while True:
                    packet = os.read(side, PACKET)
                    waiting[other].append((time.monotonic() + delay, packet))
            except BlockingIOError:
                pass
        now = time.monotonic()
        for side, queue in waiting.items():
            while queue and queue[0][0] <= now:
                try:
                    os.write(side, queue.popleft()[1])
                except OSError:
                    pass  # A side that is full or gone loses packets, as networks do.


sides = lay(*sys.argv[1:3])
print("laid", flush=True)
carry(*sides, float(sys.argv[3]))
