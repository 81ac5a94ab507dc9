"""Holds the exec of a file, as a scanner does that is asked for permission (fanotify(7))."""

import ctypes
import os
import select
import struct
import threading

import pytest

FAN_CLASS_CONTENT = 0x4
FAN_CLOEXEC = 0x1
FAN_MARK_ADD = 0x1
FAN_OPEN_EXEC_PERM = 0x40000
FAN_ALLOW = 1
FAN_DENY = 2
AT_FDCWD = -100
EVENT = struct.Struct("=IBBHQii")

libc = ctypes.CDLL(None, use_errno=True)


class Holder:
    """Whoever executes one of its files waits until it is let go."""

    def __init__(self):
        self._group = libc.fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, os.O_RDONLY)
        if self._group < 0:
            pytest.skip(f"no fanotify: {os.strerror(ctypes.get_errno())}")
        self._lock = threading.Condition()
        self._answer = None
        self._waiting = []
        self.held = 0
        self._end, self._ended = os.pipe()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def hold(self, path):
        """From now on whoever executes the file waits."""
        if libc.fanotify_mark(self._group, FAN_MARK_ADD, ctypes.c_uint64(FAN_OPEN_EXEC_PERM), AT_FDCWD,
                              os.fsencode(path)) != 0:
            pytest.skip(f"no permission events: {os.strerror(ctypes.get_errno())}")
        return path

    def wait_until_held(self, count=1, deadline=30):
        with self._lock:
            assert self._lock.wait_for(lambda: self.held >= count, deadline), "nobody executes it"

    def let_go(self, allow=True):
        """Answers whoever waits and whoever comes."""
        with self._lock:
            self._answer = FAN_ALLOW if allow else FAN_DENY
            for descriptor in self._waiting:
                self._reply(descriptor)
            self._waiting = []

    def _reply(self, descriptor):
        try:
            os.write(self._group, struct.pack("=iI", descriptor, self._answer))
        except FileNotFoundError:
            # Whoever waited was killed.
            pass
        os.close(descriptor)

    def _listen(self):
        while True:
            ready, _, _ = select.select([self._group, self._end], [], [])
            if self._end in ready:
                return
            events = os.read(self._group, 4096)
            with self._lock:
                for start in range(0, len(events), EVENT.size):
                    descriptor = EVENT.unpack_from(events, start)[5]
                    self.held += 1
                    if self._answer is None:
                        self._waiting.append(descriptor)
                    else:
                        self._reply(descriptor)
                self._lock.notify_all()

    def close(self):
        """Lets everybody go: the kernel allows what nobody answers."""
        os.close(self._ended)
        self._thread.join()
        os.close(self._group)
        for descriptor in self._waiting:
            os.close(descriptor)


@pytest.fixture
def holder():
    made = Holder()
    yield made
    made.close()
