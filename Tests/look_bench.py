"""Measures one look at 100 to 50,000 open connections, and what looking costs a whole drain window.

    python3 Tests/look_bench.py

As root. It builds TrafficProbe, drainit's eyes as a program of their own, and drainit itself, as they ship;
both look at the same connections, of a listener that they find by themselves: a look reads the listeners first.
Ends with 1 where one is dearer than the design allows.
"""

import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / ".build-out"
PORT = 8080
LOOK_BUDGET_AT_10000 = 25_000  # microseconds (the design, section 10)
SHARE_BUDGET = 0.02  # of a core, while draining
WINDOW = 15  # seconds


def build(product):
    subprocess.run([ROOT / "docker" / "build.sh", OUT], check=True, stderr=subprocess.DEVNULL,
                   env={**os.environ, "PRODUCT": product})
    return str(OUT / product)


class Connections:
    """Both ends of ever more connections, in processes of their own: each has few descriptors."""

    def __init__(self):
        # Whoever inherits it, a worker or drainit, has it (socket activation).
        self.listener = socket.create_server(("", PORT), backlog=1024)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        # Both ends are descriptors, and some are left for the rest.
        self.most = min((hard - 100) // 2, 20_000)
        self.count, self.holders = 0, []

    def grow(self, count):
        while self.count < count:
            wanted = min(count - self.count, self.most)
            self.hold(wanted)
            self.count += wanted

    def hold(self, count):
        reader, writer = os.pipe()
        child = os.fork()
        if child != 0:
            self.holders.append(child)
            os.close(writer)
            if os.read(reader, 1) != b"+":
                sys.exit("a process could not open its connections")
            os.close(reader)
            return
        address = f"127.0.1.{len(self.holders) + 1}"
        kept = []
        for _ in range(count):
            kept.append(socket.create_connection((address, PORT)))
            kept.append(self.listener.accept()[0])
        os.write(writer, b"+")
        signal.pause()

    def close(self):
        for holder in self.holders:
            os.kill(holder, signal.SIGKILL)


class Probe:
    def __init__(self, program, listener):
        self.process = subprocess.Popen(
            [program, "--", "sleep", "600"], pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        return self.process.stdout.readline().strip()

    def look(self, count):
        """The median of seven looks: microseconds of the processor, and of the clock; and KiB."""
        self.ask("drain")
        costs, clocks = [], []
        for _ in range(7):
            begun = time.monotonic()
            told = self.ask("look")
            clocks.append(int((time.monotonic() - begun) * 1e6))
            costs.append(int(self.ask("cost")))
        if f"open {count}" not in told:
            sys.exit(f"{count} connections, and the look says: {told}")
        memory = resident(self.process.pid)
        self.ask("end")
        return sorted(costs)[3], sorted(clocks)[3], memory

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def processor_time(pid):
    """Seconds of the processor, by the scheduler's own count."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


def drain(program, listener):
    """What share of a core drainit takes from the drain signal to the end of its window."""
    run = subprocess.Popen(
        [program, "--ready", "none", "--drain", f"1s..{WINDOW}s", "--", "sleep", "600"],
        pass_fds=[listener.fileno()], stderr=subprocess.PIPE, text=True)
    for line in run.stderr:
        if "ready after" in line:
            break
    before, begun = processor_time(run.pid), time.monotonic()
    run.send_signal(signal.SIGTERM)
    for line in run.stderr:
        if "window over" in line:
            break
    # The app's end is not reaped yet, or was just now.
    share = (processor_time(run.pid) - before) / (time.monotonic() - begun)
    run.stderr.read()
    run.wait()
    return share


def measure(probe, program, connections):
    late = False
    print(f"Load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors at the beginning.\n")
    print("| connections | a look, processor | a connection | on the clock | resident | share of a core |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for count in (100, 1_000, 10_000, 50_000):
        connections.grow(count)
        cost, clock, memory = probe.look(count)
        share = drain(program, connections.listener)
        print(f"| {count:,} | {cost / 1000:.1f} ms | {cost / count:.2f} µs | {clock / 1000:.1f} ms "
              f"| {memory} KiB | {100 * share:.2f} % |", flush=True)
        late = late or share > SHARE_BUDGET or (count == 10_000 and cost > LOOK_BUDGET_AT_10000)
    return 1 if late else 0


def main():
    if len(sys.argv) == 1:
        programs = [build("TrafficProbe"), build("drainit")]
        # A network of its own: nothing of the machine's is looked at, and all of it is gone at the end.
        os.execvp("unshare", ["unshare", "--net", sys.executable, __file__, *programs])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    connections = Connections()
    probe = Probe(sys.argv[1], connections.listener)
    try:
        return measure(probe, sys.argv[2], connections)
    finally:
        # The probe ends when its input does, and the connections' holders have that open, too.
        connections.close()
        probe.close()


if __name__ == "__main__":
    sys.exit(main())
