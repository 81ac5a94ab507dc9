"""Runs a program as PID 1 in namespaces of its own, and lets a test watch it from outside.

Nothing here sleeps for an event: what a test waits for is a log line, a process, an answer or an
end, each with a deadline that only a hang reaches.
"""

import ctypes
import errno
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time

# Generous: the machine is noisy, and only a test that fails ever waits this long.
DEADLINE = 30.0

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNET = 0x40000000
CLONE_NEWPID = 0x20000000


class Lines:
    """The lines that come out of a pipe, each with the time when it came."""

    def __init__(self, name, descriptor):
        self.name = name
        self._descriptor = descriptor
        self._changed = threading.Condition()
        self._lines = []
        self._partial = b""
        self.has_ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while not self.has_ended:
            self._is_readable()
            with self._changed:
                self._take()
        # Here alone: nobody polls a number that is something else by now.
        os.close(self._descriptor)

    def _is_readable(self, milliseconds=None):
        # One for each call: two threads cannot share it.
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return poll.poll(milliseconds)

    def _take(self):
        """Takes a piece of what is in the pipe, false where nothing is; for whoever holds the lock."""
        if self.has_ended or not self._is_readable(0):
            return False
        try:
            piece = os.read(self._descriptor, 65536)
        except OSError:
            piece = b""
        now = time.monotonic()
        *whole, self._partial = (self._partial + piece).split(b"\n")
        self._lines += [(now, line.decode(errors="replace")) for line in whole]
        if not piece:
            if self._partial:
                self._lines.append((now, self._partial.decode(errors="replace")))
            self.has_ended = True
        self._changed.notify_all()
        return True

    def all(self):
        """Every line that was written so far, without the line ends."""
        with self._changed:
            # No pipe holds more; who never stops writing is not waited for.
            for _ in range(16):
                if not self._take():
                    break
            return [line for _, line in self._lines]

    def text(self):
        return "\n".join(self.all())

    def matching(self, pattern):
        """The lines so far in which the pattern is found."""
        return [line for line in self.all() if re.search(pattern, line)]

    def wait_for(self, pattern, count=1, deadline=DEADLINE):
        """Waits until `count` lines match; returns the last one's match, `.time` of it in `when`."""
        until = time.monotonic() + deadline
        with self._changed:
            while True:
                found = [(t, m) for t, m in
                         ((t, re.search(pattern, line)) for t, line in self._lines) if m]
                if len(found) >= count:
                    return found[count - 1][1]
                left = until - time.monotonic()
                if left <= 0 or self.has_ended:
                    raise AssertionError(
                        f"{self.name}: no line like {pattern!r} (time {count}) "
                        f"{'before its end' if self.has_ended else f'in {deadline} s'}; it has:\n"
                        + "\n".join(line for _, line in self._lines))
                self._changed.wait(left)

    def time_of(self, pattern, count=1, deadline=DEADLINE):
        """When the line came, by the monotonic clock; waits for it."""
        self.wait_for(pattern, count, deadline)
        with self._changed:
            return [t for t, line in self._lines if re.search(pattern, line)][count - 1]

    def wait_for_end(self, deadline=DEADLINE):
        """Waits until nobody holds the pipe any more; returns all lines."""
        self._thread.join(deadline)
        assert self.has_ended, f"{self.name}: still open after {deadline} s"
        return self.all()


def until(condition, what, deadline=DEADLINE):
    """Asks again and again, a little apart, until the condition is true; returns its value."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"after {deadline} s still not: {what}"
        time.sleep(0.01)


class Reachable:
    """Something with a network of its own, that of the process `first`."""

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        """A socket in that network, closed with the box."""
        with network_of(self.first):
            made = socket.socket(family, kind)
        made.settimeout(DEADLINE)
        self._sockets.append(made)
        return made

    def connect(self, port, address="127.0.0.1"):
        """A TCP connection to a port there."""
        made = self.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        made.connect((address, port))
        return made

    def can_connect(self, port):
        try:
            self.connect(port).close()
            return True
        except OSError:
            return False


class Box(Reachable):
    """A program in namespaces of its own. It is killed, with all that it started, by `close`."""

    def __init__(self, launcher, command, *, env=None, cwd="/", under_init=False, network=None,
                 cgroup=None, stdin=subprocess.DEVNULL, stdout=None, stderr=None, pass_fds=(),
                 before=()):
        """`before`: what is executed first and then executes the command (setpriv, prlimit…)."""
        report, report_in_child = os.pipe()
        lifeline_in_child, self._lifeline = os.pipe()
        arguments = [launcher, str(report_in_child), str(lifeline_in_child)]
        arguments += ["--init"] if under_init else []
        arguments += ["--net", network] if network else []
        arguments += ["--cgroup", cgroup] if cgroup else []
        out, out_in_child = os.pipe() if stdout is None else (None, stdout)
        log, log_in_child = os.pipe() if stderr is None else (None, stderr)
        self._started = subprocess.Popen(
            [*arguments, "--", *before, *command], stdin=stdin, stdout=out_in_child,
            stderr=log_in_child, cwd=cwd, env={"PATH": PATH, **(env or {})},
            pass_fds=(report_in_child, lifeline_in_child, *pass_fds))
        for inner in (report_in_child, lifeline_in_child):
            os.close(inner)
        if out is not None:
            os.close(out_in_child)
        if log is not None:
            os.close(log_in_child)
        self._report = Lines("the launcher", report)
        self.out = Lines("the app's output", out) if out is not None else None
        self.log = Lines("the log", log) if log is not None else None
        self._status = None
        self._sockets = []
        try:
            self.first = int(self._report.wait_for(r"^pid (\d+)").group(1))
        except AssertionError:
            self.close()
            raise AssertionError(self.log.text() if self.log else "the launcher failed")
        self._under_init = under_init

    # Processes

    @property
    def pid(self):
        """The program's pid, as seen from outside."""
        if not self._under_init:
            return self.first
        return until(lambda: self.outside_pid(2), "the program is there")

    def outside_pid(self, inside):
        """The pid, as seen from outside, of a process of the namespace; None if there is none."""
        for pid, inner in self.processes().items():
            if inner == inside:
                return pid
        return None

    def processes(self):
        """Every process of the namespace: pid outside -> pid inside."""
        try:
            mine = os.readlink(f"/proc/{self.first}/ns/pid")
        except OSError:
            return {}
        found = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    if os.readlink(f"/proc/{entry}/ns/pid") == mine:
                        found[int(entry)] = int(status_of(entry)["NSpid"].split()[-1])
                except (OSError, KeyError, IndexError):
                    pass
        return found

    def children(self, pid=None):
        """The children (pids outside) of a process, the program itself unless said."""
        pid = pid or self.pid
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                return [int(word) for word in file.read().split()]
        except OSError:
            return []

    @property
    def app(self):
        """The pid (outside) of the program's first child."""
        return until(self.children, "the app is there")[0]

    def named(self, name):
        """The processes (pids outside) whose comm is `name`."""
        return [pid for pid in self.processes() if comm_of(pid) == name]

    def signal(self, number, value=None):
        """Sends the program a signal from outside its PID namespace: the sender's pid is 0 there."""
        if value is None:
            return os.kill(self.pid, number)

        def is_queued():
            if libc.sigqueue(self.pid, number, ctypes.c_void_p(value)) == 0:
                return True
            if ctypes.get_errno() != errno.EAGAIN:
                raise OSError(ctypes.get_errno(), "sigqueue")
            return False
        # RLIMIT_SIGPENDING is all of the user's, in every box.
        return until(is_queued, "a signal may be queued")

    def signal_inside(self, number, target=1):
        """Sends a signal from a process in the namespace, as `docker exec … kill` does."""
        done = subprocess.run(["nsenter", "--target", str(self.first), "--pid", "--", "/bin/kill",
                               f"-{int(number)}", str(target)], check=False)
        # Where the signal ends PID 1, its sender ends with the namespace.
        assert done.returncode in (0, -signal.SIGKILL)

    def run_inside(self, *command, **more):
        """Runs a command in the namespaces; returns the finished process with its output."""
        return subprocess.run(
            ["nsenter", "--target", str(self.first), "--pid", "--net", "--mount", "--", *command],
            capture_output=True, text=True, timeout=DEADLINE, check=False, **more)

    def tell(self, line):
        """Writes a line to the program's standard input (stdin=PIPE)."""
        self._started.stdin.write(line.encode() + b"\n")
        self._started.stdin.flush()

    def hang_up(self):
        """Ends the program's standard input (stdin=PIPE)."""
        self._started.stdin.close()

    def wait(self, deadline=DEADLINE):
        """Waits for the program's end; returns its exit code, or minus the signal that ended it."""
        if self._status is None:
            raw = int(self._report.wait_for(r"^status (\d+)", deadline=deadline).group(1))
            self._status = os.waitstatus_to_exitcode(raw)
            for lines in (self.out, self.log):
                if lines is not None and not self._under_init:
                    lines.wait_for_end()
        return self._status

    def wait_time(self):
        """Waits for the program's end; returns when it was, by the monotonic clock."""
        self.wait()
        return self._report.time_of(r"^status")

    @property
    def is_running(self):
        return not self._report.matching(r"^status")

    def close(self):
        """Ends everything. Safe to call again."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        if self._started.stdin:
            self._started.stdin.close()
        self._started.wait(DEADLINE)
        for made in self._sockets:
            made.close()
        self._sockets = []


class network_of:  # noqa: N801 (reads as a statement: with network_of(pid))
    """This thread is in the network namespace of a process."""

    def __init__(self, pid):
        self._pid = pid

    def __enter__(self):
        self._back = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/proc/{self._pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._enter(there)
        os.close(there)

    def __exit__(self, *_):
        self._enter(self._back)
        os.close(self._back)

    @staticmethod
    def _enter(descriptor):
        if libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def status_of(pid):
    """/proc/PID/status as a dictionary of texts."""
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def comm_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().rstrip("\n")
    except OSError:
        return None


def state_of(pid):
    """R, S, T, Z…, or None where the process is gone."""
    try:
        return status_of(pid)["State"][0]
    except (OSError, KeyError):
        return None


def cpu_seconds(box):
    """How long the box's program has run on a processor (Documentation/scheduler/sched-stats.rst)."""
    with open(f"/proc/{box.pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


def signal_set(*numbers):
    """The mask that /proc/PID/status shows for these signals."""
    return sum(1 << (int(number) - 1) for number in numbers)


RTMIN = 34
assert signal.SIGRTMIN == RTMIN


def resident(pid):
    """Resident memory in KiB, exact, once what is not needed while idle was given back."""
    values = []

    def is_steady():
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            values.append(next(int(line.split()[1]) for line in file if line.startswith("Anon")))
        return len(values) > 20 and len(set(values[-20:])) == 1

    until(is_steady, "its memory stays the same")
    return values[-1]


def sleeps(box):
    """The processes in the box that sleep for 1001 or 1002 seconds: what programs of checks and hooks leave."""
    def words(pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read().split(b"\0")
        except OSError:
            return []
    return [pid for pid in box.processes() if any(w in (b"1001", b"1002") for w in words(pid))]
