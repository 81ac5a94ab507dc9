"""Each system call fails in turn: drainit goes on, or ends with 125 and a reason before the app runs.

strace lets a call fail: in the start, in the loop, once or from then on. What the program calls is found
by a first run. FAILING_CALLS=all tries every call with every error; otherwise each call of the start and
of the loop fails with one of its errors, by turns.
"""

import collections
import errno
import itertools
import os
import random
import re
import signal
import subprocess
import time

import pytest

import probing
from faults import refusing

# What the man pages name as possible with these arguments; what cannot fail at all has none. `short`: the
# call moves less than was asked for.
ERRORS = {
    "accept4": "EAGAIN ECONNABORTED EINTR EMFILE ENFILE ENOBUFS ENOMEM EPERM EPROTO",
    "access": "EACCES ENOENT",
    "arch_prctl": "",
    "bind": "EACCES EADDRINUSE ENOMEM",
    "brk": "",
    "chdir": "EACCES ENOENT ENOMEM",
    "clock_gettime": "",
    "clone": "EAGAIN ENOMEM",
    "close": "EINTR EIO",
    "close_range": "ENOSYS EPERM EMFILE",
    "connect": "EACCES EAGAIN ECONNREFUSED EINTR ENETUNREACH ETIMEDOUT EADDRNOTAVAIL",
    "dup": "EMFILE",
    "dup2": "EMFILE EINTR",
    "epoll_create1": "EMFILE ENFILE ENOMEM",
    "epoll_ctl": "ENOMEM ENOSPC",
    "epoll_pwait": "EINTR",
    "execve": "",
    "exit_group": "",
    "fcntl": "EINTR",
    "fstat": "ENOMEM",
    "getcwd": "ENOENT ENOMEM",
    "getdents64": "ENOENT",
    "getegid": "", "geteuid": "", "getpgid": "", "getpgrp": "", "getpid": "", "getppid": "",
    "getsid": "EPERM",
    "getpeername": "ENOBUFS ENOTCONN",
    "getsockname": "ENOBUFS",
    "getsockopt": "ENOPROTOOPT",
    "ioctl": "ENOTTY EIO",
    "kill": "EPERM ESRCH",
    "listen": "EADDRINUSE",
    "lseek": "",
    "madvise": "EAGAIN EINVAL ENOMEM",
    "mmap": "EAGAIN ENOMEM ENFILE EPERM",
    "mprotect": "ENOMEM",
    "mremap": "ENOMEM",
    "munmap": "ENOMEM",
    "newfstatat": "EACCES ENOENT ENOMEM",
    "open": "EACCES EINTR EMFILE ENFILE ENOENT ENOMEM EPERM",
    "openat": "EACCES EINTR EMFILE ENFILE ENOENT ENOMEM EPERM",
    "pipe2": "EMFILE ENFILE",
    "poll": "EINTR ENOMEM",
    "pread64": "EINTR EIO",
    "prctl": "EINVAL",
    "pwritev2": "EAGAIN EOPNOTSUPP EINTR",
    "read": "EAGAIN EINTR EIO short",
    "readlink": "EACCES ENOENT",
    "readlinkat": "EACCES ENOENT",
    "recvfrom": "EAGAIN ECONNREFUSED ECONNRESET EINTR ENOBUFS ENOMEM",
    "recvmsg": "EAGAIN ECONNRESET EINTR ENOBUFS ENOMEM",
    "rt_sigaction": "EINVAL",
    "rt_sigprocmask": "EINVAL",
    "rt_sigqueueinfo": "EAGAIN EPERM ESRCH",
    "sendto": "EAGAIN ECONNRESET EINTR ENOBUFS ENOMEM EPIPE short",
    "sendmsg": "EAGAIN ECONNRESET EINTR ENOBUFS ENOMEM EPIPE",
    "set_tid_address": "",
    "setpgid": "EACCES ESRCH",
    "setsockopt": "ENOBUFS ENOMEM ENOPROTOOPT",
    "shutdown": "ENOTCONN ENOBUFS",
    "sigaltstack": "ENOMEM EPERM",
    "signalfd4": "EMFILE ENFILE ENODEV ENOMEM",
    "socket": "EACCES EAFNOSUPPORT EMFILE ENFILE ENOBUFS ENOMEM EPERM",
    "stat": "EACCES ENOENT",
    "statx": "EACCES ENOENT ENOSYS",
    "uname": "",
    "wait4": "EINTR",
    "waitid": "EINTR",
    "write": "EAGAIN EINTR EIO ENOSPC EPIPE short",
    "writev": "EAGAIN EINTR EIO ENOSPC EPIPE",
}
# These fail for good once they do: no descriptor, no memory, no process, a reader that is gone.
LASTING = {"accept4": "EMFILE", "clone": "EAGAIN", "epoll_ctl": "ENOSPC", "mmap": "ENOMEM", "open": "EMFILE",
           "sendto": "ENOBUFS", "socket": "EMFILE", "write": "EPIPE", "madvise": "EINVAL"}
PARTS = 8
EVERY = os.environ.get("FAILING_CALLS") == "all"
OPTIONS = ("--drain", "200ms", "--stop-timeout", "3s", "--ready-every", "20ms", "--ready", "listening",
           "--ready", "exec:true", "--ready", "tcp:8080")
SOON = 20


def play(start, bench, *inject, trace="/dev/null"):
    """A whole life under strace; returns the box and what was wrong, None where nothing was."""
    # -D: drainit stays PID 1, the tracer is somewhere below it.
    box = start(["strace", "-D", "-qq", "-o", trace, *inject, bench / "drainit", *OPTIONS, "--",
                 bench / "signals", "--listen", "8080", "TERM=3"])
    end = time.monotonic() + SOON
    while not box.out.matching("^ready") and box.is_running:
        if time.monotonic() > end:
            return box, "neither runs the app nor ends"
        time.sleep(0.005)
    if not box.out.matching("^ready"):
        code = box.wait()
        is_said = box.log.matching("^drainit: ") or "write" in inject[0]
        return box, None if code == 125 and is_said else f"ended with {code} before the app ran"
    # Whatever failed, what comes later is asked for once more.
    for number, name in ((signal.SIGUSR1, "USR1"), (signal.SIGTERM, "TERM")):
        end = time.monotonic() + SOON
        again = 0.0
        while not box.out.matching(f"^{name} ") and box.is_running and time.monotonic() < end:
            if time.monotonic() > again:
                try_probe(box)
                box.signal(number)
                again = time.monotonic() + 1
            time.sleep(0.005)
        if not box.out.matching(f"^{name} ") and (box.is_running or name == "USR1"):
            return box, f"{name} never reached the app"
    code = box.wait(SOON)
    # An app that could not be sent its stop signal is killed when its time is over.
    return box, None if code == 3 or code == 137 and "kill" in inject[0] else f"ended with {code}"


def try_probe(box):
    """A probe, answered or not: what it calls has to be called."""
    try:
        connection = box.socket()
        connection.settimeout(0.2)
        with connection:
            connection.connect(("127.0.0.1", probing.PORT))
            connection.sendall(b"GET /readyz HTTP/1.1\r\n\r\n")
            probing.read_all(connection)
    except OSError:
        pass


def calls_of(start, bench, place):
    """How often a life makes each call."""
    trace = place / "trace"
    trace.touch(mode=0o666)
    _, wrong = play(start, bench, "-a1", trace=str(trace))
    assert wrong is None, wrong
    names = re.findall(r"^(\w+)\(", trace.read_text(errors="replace"), re.M)
    found = collections.Counter(names)
    unknown = set(found) - set(ERRORS)
    assert not unknown, f"how can these fail? {unknown}"
    return found


def cases(found):
    """Every (call, what it does, when), each call in turn."""
    for name, count in sorted(found.items()):
        errors = ERRORS[name].split()
        for when in range(1, count + 2):
            chosen = errors if EVERY else errors[when % len(errors):][:1] if errors else []
            for what in chosen:
                yield name, what, str(when)
        if name in LASTING:
            # The app's own start is left alone.
            yield name, LASTING[name], f"{count // 2 + 1}+"


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_call_fails_the_app_is_not_lost(start, bench, place, part):
    found = calls_of(start, bench, place)
    # The tracer's first call in drainit's process is the exec.
    found.pop("execve", None)
    failures, count = [], 0
    for name, what, when in itertools.islice(cases(found), part, None, PARTS):
        effect = "retval=1" if what == "short" else f"error={what}"
        box, wrong = play(start, bench, f"--inject={name}:{effect}:when={when}")
        box.close()
        count += 1
        if wrong:
            failures.append(f"{name} {what} when={when}: {wrong}\n{box.log.text()}")
    print(f"{count} lives")
    assert not failures, f"{len(failures)} of {count}:\n" + "\n".join(failures)


# What is refused in one start has been had in the other: each takes another amount before.
@pytest.mark.parametrize("options", [
    (), ("--log", "json"), tuple(f"--ready=exec:true {number}" for number in range(8)),
    tuple(f"--exit-map={number}:0" for number in range(1, 200))], ids=["plain", "json", "checks", "map"])
def test_a_start_from_whose_middle_memory_is_refused_ends_with_a_word(start, bench, options):
    wordless = []
    for when in range(1, 40):
        box = start(["strace", "-D", "-qq", "-o", "/dev/null", f"--inject=mmap:error=ENOMEM:when={when}+",
                     bench / "drainit", *options, "--", "/bin/true"])
        code = box.wait(SOON)
        if code == 0:
            break
        # "cannot start", "cannot be started", "cannot go on".
        if code != 125 or "cannot " not in box.log.text():
            wordless.append((when, code, box.log.text()))
        box.close()
    # At least the endpoint and what the child needs are asked for.
    assert when > 2 and code == 0 and not wordless, (when, code, wordless)


@pytest.mark.parametrize("part", range(4))
def test_whatever_call_fails_in_the_next_lifes_start_the_app_is_not_lost(drainit, bench, part):
    seed = int(os.environ.get("FAULT_SEED") or random.randrange(1 << 30))
    print(f"FAULT_SEED={seed}")
    chance = random.Random(seed + part)
    codes = [errno.ENOMEM, errno.EMFILE, errno.EINTR, errno.EAGAIN, errno.EACCES]
    for number in range(40 if EVERY else 8):
        # The first two are the C library's own.
        place = 3 + part + 4 * number if EVERY else chance.randrange(3, 110)
        box = drainit(*OPTIONS, app=["signals", "--listen", "8080", "TERM=3"])
        probing.wait_until_ready(box)
        code = chance.choice(codes)
        tracer = subprocess.Popen(
            [bench / "fault", "--fail", str(place), "--errno", str(code), str(box.pid)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # What comes after its start is called because somebody asks.
        while tracer.poll() is None:
            try_probe(box)
        said = tracer.communicate()[0].strip()
        told = f"call {said} (number {place}) failed with {errno.errorcode[code]}"
        assert tracer.returncode == 0, told
        # Delayed perhaps, but never lost.
        box.signal(signal.SIGUSR1)
        box.out.wait_for("^USR1 ")
        box.signal(signal.SIGTERM)
        assert box.wait() == 3, told
        box.close()


MMAP = 9


@pytest.mark.parametrize("options", [(), ("--ready", "none"), ("--plain",)], ids=["gate", "none", "plain"])
def test_where_all_memory_is_refused_after_a_fault_signals_arrive_and_later_it_comes_back(
        drainit, bench, options):
    box = drainit("--drain", "300ms", *options, app=["signals", "--listen", "8080", "TERM=3"])
    box.out.wait_for("^ready")
    # The app may be quicker than drainit, of which a fault in its start is the end.
    box.signal(signal.SIGUSR1)
    box.out.wait_for("^USR1 ")
    with refusing(bench, box, MMAP, errno.ENOMEM):
        for count in range(2, 5):
            box.signal(signal.SIGUSR1)
            box.out.wait_for("^USR1 ", count=count)
    box.log.wait_for("came back")
    box.signal(signal.SIGTERM)
    assert box.wait() == 3, box.log.text()


def test_where_all_memory_is_refused_after_a_fault_a_stop_arrives(drainit, bench):
    box = drainit("--drain", "300ms", app=["signals", "--listen", "8080", "TERM=3"])
    probing.wait_until_ready(box)
    with refusing(bench, box, MMAP, errno.ENOMEM):
        box.signal(signal.SIGTERM)
        assert box.wait() == 3, box.log.text()
    assert len(box.out.matching("^TERM ")) == 1
