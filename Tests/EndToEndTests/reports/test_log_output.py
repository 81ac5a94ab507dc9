"""The log goes wherever stderr goes, never waits for it, and never spoils it for the app."""

import datetime
import fcntl
import json
import os
import pty
import re
import signal
import socket
import time

import pytest

import probing
from box import Lines, until

ALONE = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all")


def fill(descriptor):
    """Writes until the descriptor takes no more; its flags are then as they were."""
    os.set_blocking(descriptor, False)
    try:
        while True:
            os.write(descriptor, b"x" * 65536)
    except BlockingIOError:
        pass
    try:
        while True:
            os.write(descriptor, b"x")
    except BlockingIOError:
        os.set_blocking(descriptor, True)


def lead_a_life(box, signals=200):
    """Probes, many log lines, a drain and an end: none of it may wait for the log."""
    box.out.wait_for("^ready")
    probing.wait_until_ready(box)
    for number in range(signals):
        box.signal(signal.SIGUSR1 if number % 2 else signal.SIGUSR2)
        box.out.wait_for("^USR1|^USR2", count=number + 1)
    assert probing.get(box).status == 200
    box.signal(signal.SIGTERM)
    probing.wait_for_status(box, 503)
    assert box.wait() == 3


APP = ["signals", "--listen", "8080", "TERM=3"]
OPTIONS = ("-v", "-v", "--drain", "1s")


@pytest.mark.parametrize("before", [(), ALONE], ids=["its own pipe", "another user's pipe"])
def test_a_pipe_that_nobody_reads_stops_nothing(drainit, before):
    reader, writer = os.pipe()
    fill(writer)
    flags = fcntl.fcntl(writer, fcntl.F_GETFL)
    box = drainit(*OPTIONS, app=APP, stderr=writer, before=before)
    lead_a_life(box)
    # The description is the app's too: what it may expect of it has not changed.
    assert fcntl.fcntl(writer, fcntl.F_GETFL) == flags
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("before", [(), ALONE], ids=["its own pipe", "another user's pipe"])
def test_a_pipe_that_is_read_again_gets_what_follows_and_the_number_of_lost_lines(drainit, before):
    reader, writer = os.pipe()
    fill(writer)
    box = drainit(*OPTIONS, app=APP, stderr=writer, before=before)
    box.out.wait_for("^ready")
    probing.wait_until_ready(box)
    os.close(writer)
    log = Lines("the log", reader)
    for number in range(20):
        box.signal(signal.SIGUSR1)
        box.out.wait_for("^USR1", count=number + 1)
    log.wait_for(r"drainit: \d+ lines? (was|were) dropped")
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    assert any(line.startswith("drainit: drained in ") for line in log.wait_for_end())


def test_a_pipe_whose_reader_has_gone_stops_nothing(drainit):
    reader, writer = os.pipe()
    os.close(reader)
    lead_a_life(drainit(*OPTIONS, app=APP, stderr=writer))
    os.close(writer)


@pytest.mark.parametrize("append", [0, os.O_APPEND], ids=["not appending", "appending"])
def test_in_a_file_shared_with_the_app_no_line_of_either_is_lost(drainit, place, append):
    path = place / "log"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | append, 0o666)
    script = ('echo begin >&2; trap "echo got >&2" USR1; echo up; i=0; '
              'while [ $i -lt 3000 ]; do echo "line $i of the app" >&2; i=$((i+1)); done; '
              'echo written; while :; do sleep 0.1; done')
    box = drainit("-v", "-v", "--ready", "none", app=["sh", "-c", script], stderr=file)
    box.out.wait_for("^up")
    while not box.out.matching("^written"):
        box.signal(signal.SIGWINCH)
    box.signal(signal.SIGTERM)
    assert box.wait() == 143
    os.close(file)
    lines = path.read_text().splitlines()
    numbers = [int(m.group(1)) for m in (re.fullmatch(r"line (\d+) of the app", l) for l in lines) if m]
    assert numbers == list(range(3000))
    others = [line for line in lines if not line.startswith(("line ", "begin", "drainit: "))]
    assert others == []
    assert any(line.startswith("drainit: ") for line in lines)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["stream", "datagram"])
def test_a_socket_is_written_to_and_a_stalled_one_stops_nothing(drainit, kind):
    ours, its = socket.socketpair(socket.AF_UNIX, kind)
    box = drainit(*OPTIONS, app=APP, stderr=its.fileno())
    its.close()
    box.out.wait_for("^ready")
    ours.settimeout(30)
    assert b"drainit: " in ours.recv(4096)
    # Nobody reads it any more, and it is small: it stalls.
    lead_a_life(box, signals=2000)
    ours.close()


def test_a_closed_stderr_stops_nothing_and_whatever_takes_its_number_gets_no_log(drainit):
    closed = ("sh", "-c", 'exec "$@" 2>&-', "sh")
    lead_a_life(drainit(*OPTIONS, app=APP, before=closed))
    # Number 2 may be a probe's connection now: an answer is an answer and nothing else.
    box = drainit(*OPTIONS, app=APP, before=closed)
    box.out.wait_for("^ready")
    for _ in range(30):
        box.signal(signal.SIGUSR1)
        assert b"drainit: " not in probing.get(box, "/livez").raw


@pytest.mark.parametrize("device", ["/dev/null", "/dev/full"])
def test_a_device_that_takes_all_or_nothing(drainit, device):
    with open(device, "wb") as file:
        lead_a_life(drainit(*OPTIONS, app=APP, stderr=file.fileno()))


def test_a_terminal_that_nobody_reads_stops_nothing(drainit):
    master, slave = pty.openpty()
    fill(slave)
    lead_a_life(drainit(*OPTIONS, app=APP, stderr=slave))
    os.close(slave)
    os.close(master)


def test_a_terminal_gets_the_lines(drainit):
    master, slave = pty.openpty()
    box = drainit("--ready", "none", app=["signals", "USR1=0"], stderr=slave)
    os.close(slave)
    screen = Lines("the terminal", master)
    screen.wait_for("^drainit: ")
    box.out.wait_for("^ready")
    box.signal(signal.SIGUSR1)
    assert box.wait() == 0


def test_quiet_says_nothing_of_a_life_without_a_drain(drainit):
    box = drainit("-q", app=["sh", "-c", "exit 4"])
    assert box.wait() == 4
    assert box.log.all() == []


@pytest.mark.parametrize("word", ["-q", "--quiet"])
def test_quiet_still_prints_the_summary_of_a_drain(drainit, word):
    box = drainit(word, "--drain", "1s", app=APP)
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    assert box.wait() == 3
    line, = box.log.all()
    assert line.startswith("drainit: drained in ")


def test_every_line_is_one_event_with_drainits_name(drainit):
    box = drainit("-v", "--drain", "1s", app=["web", "8080"])
    probing.wait_until_ready(box)
    for _ in range(2):
        box.signal(signal.SIGTERM)
    assert box.wait() == 0
    lines = box.log.all()
    assert len(lines) >= 5
    for line in lines:
        assert re.fullmatch(r"drainit: [^ ].{5,300}", line), line
        assert not line.endswith((".", "!")), line


def test_the_log_tells_the_whole_life_in_order(drainit):
    box = drainit("--drain", "1s", app=["web", "8080"])
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    text = box.log.text()
    expected = ["web", "ready", "SIGTERM: draining for 1s", "window over", "drained in 1"]
    places = [text.index(words) for words in expected]
    assert places == sorted(places), text


def test_a_line_break_in_the_programs_name_does_not_forge_a_line(drainit):
    box = drainit(app=["no such\ndrainit: forged"])
    assert box.wait() == 127
    assert not box.log.matching("^drainit: forged")


def test_the_log_never_shows_the_apps_arguments(drainit):
    box = drainit("-v", "-v", app=["sh", "-c", "exit 0", "--password=s3cret"])
    assert box.wait() == 0
    assert "s3cret" not in box.log.text()


def test_the_stall_of_the_apps_own_output_is_not_drainits(drainit):
    reader, writer = os.pipe()
    box = drainit("--ready", "none", app=["sh", "-c", "yes"], stdout=writer)
    os.close(writer)
    probing.wait_until_ready(box)
    until(lambda: box.is_running, "it runs")
    box.signal(signal.SIGTERM)
    assert box.wait() == 143
    os.close(reader)


def test_as_json_every_line_is_an_object_with_its_time_and_the_summary_has_numbers(drainit):
    box = drainit("--log", "json", "-v", "--drain", "1s", app=["web", "8080"])
    probing.wait_until_ready(box)
    before = time.time()
    box.signal(signal.SIGTERM)
    assert box.wait() == 0
    events = [json.loads(line) for line in box.log.all()]
    for event in events:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["time"])
        assert event["level"] in ("debug", "info", "warning") and event["event"]
        assert event["message"] and not event["message"].startswith("drainit")
    assert [e["event"] for e in events if e["event"] in ("started", "ready", "draining", "ended")] == [
        "started", "ready", "draining", "ended"]
    told = datetime.datetime.fromisoformat(events[-1]["time"].replace("Z", "+00:00")).timestamp()
    assert before + 0.9 < told < before + 30
    assert any(isinstance(value, (int, float)) for value in events[-1].values())


def test_as_json_a_name_with_quotes_is_still_an_object(drainit):
    box = drainit("--log", "json", app=['no "such\n\x01program\\'])
    assert box.wait() == 127
    assert all(json.loads(line) for line in box.log.all())
