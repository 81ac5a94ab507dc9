"""Whoever swaps tini, dumb-init or catatonit for drainit loses nothing: parity.toml, row by row."""

import os
import pathlib
import pty
import signal
import subprocess
import tomllib

import pytest

from box import RTMIN, Lines, comm_of, state_of, status_of, until

ROWS = tomllib.loads((pathlib.Path(__file__).parent / "parity.toml").read_text("utf-8"))["row"]


def cases():
    """Each row once for each peer and argument."""
    for row in ROWS:
        for peer in row["peer"]:
            for argument in row.get("with", [None]):
                words = [peer, row["scenario"], *([str(argument)] if argument is not None else [])]
                yield pytest.param(row, peer, argument, id=" ".join(words))


class Play:
    """One init in one scenario: each scenario is a method, and returns what the app saw."""

    def __init__(self, start, bench, place, options):
        self._start, self._bench, self._place, self._options = start, bench, place, options
        self.command = []
        self.environment = {}

    def run(self, *app, **more):
        program = self._bench / app[0]
        words = [program if "/" not in app[0] and program.exists() else app[0], *app[1:]]
        environment = {**self.environment, **more.pop("env", {})}
        return self._start([*self.command, "--", *words], env=environment, **more)

    def exit_code(self, code):
        return self.run("sh", "-c", f"exit {code}").wait()

    def killed_by(self, number):
        return self.run("sh", "-c", f"kill -{number} $$; sleep 60").wait()

    def executed(self, kind):
        file = self._place / "program"
        file.write_text({"no interpreter line": "exit 9\n"}.get(kind, "#!/bin/sh\nexit 9\n"))
        file.chmod(0o644 if kind == "not executable" else 0o755)
        named = {"path": "program", "missing": "/no/such/program", "directory": str(self._place)}
        path = f"{self._place}:{os.environ['PATH']}"
        return self.run(named.get(kind, str(file)), env={"PATH": path}).wait()

    def signal_state(self, kind):
        before = ("env", "--ignore-signal=HUP") if kind == "ignored HUP" else ()
        box = self.run("signals", before=before)
        return box.out.wait_for("blocked=[0-9a-f]+ ignored=[0-9a-f]+").group(0)

    def leads_its_group(self, _):
        found = self.run("signals").out.wait_for(r"pid=(\d+) group=(\d+)")
        return found.group(1) == found.group(2)

    def passes_descriptors(self, _):
        reader, writer = os.pipe()
        box = self.run("bash", "-c", f"echo hello >&{writer}", pass_fds=(writer,))
        os.close(writer)
        box.wait()
        with os.fdopen(reader, "rb") as file:
            return file.read()

    def surroundings(self, _):
        box = self.run("sh", "-c", 'pwd; echo "$A"; echo "$#:$1:$2"', "sh", "two words", "",
                       env={"A": "x y"}, cwd=str(self._place))
        return box.wait(), [line.replace(str(self._place), "PLACE") for line in box.out.all()]

    def listen_pid(self, _):
        box = self.run("sh", "-c", 'test "$LISTEN_PID" = $$ && echo the app || echo somebody else',
                       env={"LISTEN_PID": "1", "LISTEN_FDS": "1"})
        box.wait()
        return box.out.all()[0]

    def own_directory(self, _):
        box = self.run("signals", cwd=str(self._place))
        box.out.wait_for("^ready")
        # The init may move after its app runs; tini never does.
        try:
            until(lambda: os.path.samefile(f"/proc/{box.pid}/cwd", f"/proc/{box.pid}/root"), "", 2)
            return "/"
        except AssertionError:
            return "where it was started"

    def signals_in_order(self, names):
        box = self.run("signals", "STKFLT=0")
        box.out.wait_for("^ready")
        # Where one is dropped nothing follows: the last says that all are through.
        for name in names.split():
            seen = len(box.out.all())
            box.signal(self._number(name))
            try:
                until(lambda: len(box.out.all()) > seen or not box.is_running, "", 2)
            except AssertionError:
                pass
        if box.is_running:
            box.signal(16)
            box.wait()
        return " ".join(line.split()[0] for line in box.out.all()[1:] if "STKFLT" not in line)

    @staticmethod
    def _number(name):
        if name.startswith("RTMIN"):
            return RTMIN + int(name.removeprefix("RTMIN+") or 0)
        return int(signal.Signals["SIG" + name])

    def who_is_signalled(self, _):
        box = self.run("sh", "-c", FAMILY)
        for ready in ("child-ready", "stranger-ready"):
            box.out.wait_for(ready)
        caught = 1 << (signal.SIGUSR1 - 1)
        app = box.children()[0]
        until(lambda: int(status_of(app)["SigCgt"], 16) & caught, "its trap")
        for count in (1, 2):
            box.signal(signal.SIGUSR1)
            box.out.wait_for("^leader", count=count)
        # What is signalled at all was signalled twice before each is asked to say the end.
        asked = 1 << (signal.SIGUSR2 - 1)
        for pid in box.processes():
            if comm_of(pid) == "sh" and int(status_of(pid)["SigCgt"], 16) & asked:
                os.kill(pid, signal.SIGUSR2)
        box.out.wait_for("^end", count=3)
        return " ".join(sorted({line for line in box.out.all() if line in WHO}))

    def parents_end(self, _):
        script = '"$@" & echo $!; wait'
        box = self._start(["sh", "-c", script, "sh", *self.command, "--", self._bench / "signals"],
                          env=self.environment, under_init=True)
        box.out.wait_for("^ready")
        os.kill(box.pid, signal.SIGKILL)
        box.out.wait_for("^USR1")
        return "USR1"

    def orphans_reaped(self, count):
        box = self.run("orphans", str(count))
        box.out.wait_for("^made")
        until(lambda: len(box.children()) == 1, "only the app is left")
        return box.is_running

    def exit_in_a_burst(self, _):
        box = self.run("orphans", "200", "told", stdin=subprocess.PIPE)
        box.out.wait_for("^made")
        box.tell("go")
        box.tell("exit 7")
        return box.wait()

    def daemonizes(self, _):
        box = self.run("sh", "-c", "(setsid sleep 600 >/dev/null 2>&1 &); exit 4")
        return box.wait(), box.processes()

    def adopts(self, _):
        box = self.run("orphans", "2", "-1", under_init=True)
        box.out.wait_for("^made")
        return "yes" if len(box.children()) == 3 else "no"

    def stopped_and_continued(self, _):
        box = self.run("signals", "USR1=5")
        box.out.wait_for("^ready")
        app = box.children()[0]
        os.kill(app, signal.SIGSTOP)
        until(lambda: state_of(app) == "T", "it is stopped")
        assert box.is_running
        box.signal(signal.SIGUSR1)
        os.kill(app, signal.SIGCONT)
        return box.wait()

    def written_to_the_first(self, _):
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        box = self.run("signals", stdin=reader)
        box.out.wait_for("^ready")
        # What an init moves or closes it does at once; drainit moves last.
        try:
            until(lambda: os.path.samefile(f"/proc/{box.pid}/cwd", f"/proc/{box.pid}/root"), "", 1)
        except AssertionError:
            pass
        for number in (0, 1, 2):
            done = box.run_inside("sh", "-c", f"echo from-cron-{number} >/proc/1/fd/{number}")
            assert done.returncode == 0, done.stderr
        try:
            until(lambda: box.out.matching("^from-cron-1$") and box.log.matching("^from-cron-2$"), "", 2)
            return "the container's log", os.read(reader, 100)
        except (AssertionError, BlockingIOError):
            return "nowhere"
        finally:
            os.close(reader)
            os.close(writer)

    def namesake_stops(self, _):
        if not (self._place / "httpd").exists():
            (self._place / "httpd").symlink_to("/bin/busybox")
        box = self.run(str(self._place / "httpd"), "-f", "-p", "8080", "-h", str(self._place))
        until(lambda: box.can_connect(8080), "it listens")
        box.signal(signal.SIGTERM)
        return box.wait()

    def stopped_below_another(self, _):
        box = self.run("signals", "USR1=5", under_init=True)
        box.out.wait_for("^ready")
        app = box.children()[0]
        os.kill(app, signal.SIGSTOP)
        until(lambda: state_of(app) == "T", "it is stopped")
        box.run_inside("sleep", "0.3")
        seen = state_of(box.pid)
        os.kill(app, signal.SIGCONT)
        return "stopped" if seen == "T" else "goes on"

    def traced(self, kind):
        box = self.run("traced", kind)
        box.out.wait_for("^traced")
        try:
            until(lambda: not box.is_running, "", 3)
        except AssertionError:
            return "the app hangs"
        return "goes on" if box.wait() in (5, 7) else "ends"

    def refused_stop(self, _):
        box = self.run("setpriv", "--reuid=65534", "--clear-groups", "sleep", "600",
                       before=("setpriv", "--bounding-set=-kill", "--inh-caps=-kill"))
        until(lambda: box.named("sleep"), "the app has changed its user")
        box.signal(signal.SIGTERM)
        try:
            until(lambda: not box.is_running, "", 6)
        except AssertionError:
            return "it is said" if "permitted" in box.log.text() else "nothing is said"
        return f"the init ends with {box.wait()}"

    def every_code_mapped(self, _):
        self.command = [*self.command, *(word for code in range(256) for word in ("-e", str(code)))]
        return self.run("sh", "-c", "exit 77").wait()

    def what_is_missing(self, kind):
        file = self._place / "program"
        file.write_bytes(NOT_STARTED[kind])
        file.chmod(0o755)
        box = self.run(str(file))
        return "named" if box.wait() and NAMED[kind] in box.log.text() else "not named"

    def control_c(self, _):
        return self._at_the_terminal(b"\x03", lambda box: box.wait())

    def control_z(self, above):
        ours = str(self.command[0]).endswith("drainit")
        self.command = [*(above or "").split(), *self.command]

        def look(box):
            app = box.named("sleep")[0]
            # The state that stays: drainit says that it continues the app.
            if ours:
                self._screen.wait_for("SIGTSTP")
                until(lambda: state_of(app) == "S", "it goes on")
                return "S"
            until(lambda: state_of(app) == "T", "it is stopped")
            return "T"
        return self._at_the_terminal(b"\x1a", look)

    def _at_the_terminal(self, key, look):
        master, slave = pty.openpty()
        self._screen = Lines("the terminal", os.dup(master))
        try:
            box = self.run("sh", "-c", "echo u''p; exec sleep 600", before=("setsid", "--ctty"),
                           stdin=slave, stdout=slave, stderr=slave)
            self._screen.wait_for("^up")
            until(lambda: box.named("sleep"), "the shell has become sleep")
            os.write(master, key)
            return look(box)
        finally:
            os.close(slave)
            os.close(master)


# Another machine's program, a script with CR LF, one without its interpreter.
NOT_STARTED = {
    "machine": b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\x16\0\1" + bytes(300),
    "CR": b"#!/bin/sh\r\n", "interpreter": b"#!/opt/bash\n"}
NAMED = {"machine": "s390x", "CR": "CR LF", "interpreter": "/opt/bash"}
WHO = {"leader", "child", "stranger"}
FAMILY = r"""
trap "echo leader" USR1
trap "echo end" USR2
sh -c "trap \"echo child\" USR1; trap \"echo end\" USR2; echo child-ready
  while :; do sleep 1 & wait; done" &
setsid sh -c "trap \"echo stranger\" USR1; trap \"echo end\" USR2; echo stranger-ready
  while :; do sleep 1 & wait; done" &
while :; do wait; done
"""


@pytest.mark.parametrize("row, peer, argument", cases())
def test_drainit_does_what_the_peer_does_or_says_why_not(start, bench, place, row, peer, argument):
    seen = []
    name, *options = peer.split()
    for program, words in ((name, options), (bench / "drainit", row.get("drainit", "").split())):
        play = Play(start, bench, place, words)
        play.command = [program, *words]
        play.environment = row.get("environment", {})
        seen.append(getattr(play, row["scenario"])(argument))
    theirs, ours = seen
    if "why" not in row:
        assert ours == theirs
        return
    expected = argument if row["ours"] == "as it came" else row["ours"]
    assert (theirs, ours) == (row["theirs"], expected)
