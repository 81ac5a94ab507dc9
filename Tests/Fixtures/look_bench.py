"""Measures one look at 100 to 50,000 open connections: processor time, time on the clock, memory.

    unshare -n python3 Tests/Fixtures/look_bench.py TRAFFIC_PROBE

Build the probe as the product is built: `swift build -c release --product TrafficProbe` with the
toolset and flags of docker/build.sh. Ends with 1 where a look is dearer than the design allows.
"""

import os
import resource
import signal
import socket
import subprocess
import sys
import time

PORT = 8080
BUDGET_AT_10000 = 25_000  # microseconds (the design, section 10)


def hold(probe, number, count):
    """A process that holds both ends of so many connections, on an address of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child != 0:
        holders.append(child)
        os.close(writer)
        if os.read(reader, 1) != b"+":
            sys.exit("a process could not open its connections")
        os.close(reader)
        return
    # The probe ends when its input does, so nobody else may hold it open.
    os.close(probe.stdin.fileno())
    listener = socket.create_server((f"127.0.1.{number}", PORT), backlog=1024)
    kept = []
    for _ in range(count):
        kept.append(socket.create_connection((f"127.0.1.{number}", PORT)))
        kept.append(listener.accept()[0])
    os.write(writer, b"+")
    time.sleep(600)


def ask(probe, line):
    probe.stdin.write(line + "\n")
    return probe.stdout.readline().strip()


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def measure(probe, count):
    ask(probe, "drain")
    costs, clocks = [], []
    for _ in range(7):
        begun = time.monotonic()
        told = ask(probe, "look")
        clocks.append(time.monotonic() - begun)
        costs.append(int(ask(probe, "cost")))
    if f"open {count}" not in told:
        sys.exit(f"{count} connections, and the look says: {told}")
    cost = sorted(costs)[3]
    print(
        f"{count:11}  {cost / 1000:6.1f} ms   {cost / count:6.2f} µs          "
        f"{sorted(clocks)[3] * 1000:6.1f} ms   {resident(probe.pid):5} KiB",
        flush=True,
    )
    ask(probe, "end")
    return cost


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # Both ends are descriptors, and some are left for the rest.
    most = min((hard - 100) // 2, 20_000)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    probe = subprocess.Popen(
        [sys.argv[1], "--port", str(PORT), "--", "sleep", "600"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )
    print("connections  processor   per connection   on the clock   resident")
    opened, number, late = 0, 1, False
    for count in (100, 1_000, 10_000, 50_000):
        while opened < count:
            wanted = min(count - opened, most)
            hold(probe, number, wanted)
            opened, number = opened + wanted, number + 1
        cost = measure(probe, count)
        late = late or (count == 10_000 and cost > BUDGET_AT_10000)
    probe.stdin.close()
    probe.wait()
    return 1 if late else 0


if __name__ == "__main__":
    holders = []
    try:
        sys.exit(main())
    finally:
        for holder in holders:
            os.kill(holder, signal.SIGKILL)
