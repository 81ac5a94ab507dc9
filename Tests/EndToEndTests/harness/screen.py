"""A terminal with a person before it."""

import os
import pty
import termios

import pytest

from box import Lines

CTRL_C, CTRL_BACKSLASH, CTRL_Z = b"\x03", b"\x1c", b"\x1a"
#: What is put before a command so that the terminal it is given controls it.
OWN_TERMINAL = ("setsid", "--ctty")


class Screen:
    """The person's side of a pseudo-terminal."""

    def __init__(self):
        self._master, self.slave = pty.openpty()
        # A key that sends a signal also throws away what was just printed (termios(3), NOFLSH): the
        # app's answer, where it is quick.
        settings = termios.tcgetattr(self.slave)
        settings[3] |= termios.NOFLSH
        termios.tcsetattr(self.slave, termios.TCSANOW, settings)
        self.lines = Lines("the terminal", os.dup(self._master))

    def type(self, keys):
        os.write(self._master, keys)

    def close(self):
        for descriptor in (self._master, self.slave):
            os.close(descriptor)


@pytest.fixture
def screen():
    made = Screen()
    yield made
    made.close()
