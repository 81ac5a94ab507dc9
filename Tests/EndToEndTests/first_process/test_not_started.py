"""Why a program cannot be started: named as it was typed, with what is in the way, before anybody has to guess."""

import json
import os
import resource
import signal
import struct
import subprocess

import pytest

import probing
from box import until
from faults import termination_log

KINDS = ["pid 1", "not pid 1"]
MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
GLIBC = "/lib64/ld-linux-of-nowhere.so.2"
MISSING = "no such file or directory"


def elf(machine=None, loader=None):
    """A program's beginning: for that machine, or for this one and with that loader."""
    machine = machine or {"amd64": 62, "arm64": 183}[MACHINE]
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, 0x400000, 64, 0, 0, 64, 56, 1 if loader else 0, 0, 0, 0)
    if not loader:
        return head + bytes(300)
    path = loader.encode() + b"\0"
    return head + struct.pack("<IIQQQQQQ", 3, 4, 120, 120, 120, len(path), len(path), 1) + path + bytes(300)


@pytest.fixture
def file(place):
    """Writes a file that may be executed, or not; its path."""

    def write(name, content, mode=0o755):
        path = place / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return str(path)
    return write


# What there is: a name, content and mode; the code, and what the line says after "cannot be started: ".
OBSTACLES = {
    "nothing there": (None, 127, MISSING),
    "CRLF": ("#!/bin/sh\r\necho hello\r\n", 127,
             rf"it needs /bin/sh\x0d (its #! line): {MISSING}; its lines end with CR LF: save it with LF alone"),
    "no interpreter": ("#!/opt/bash -e\n", 127, f"it needs /opt/bash (its #! line): {MISSING}"),
    "an interpreter that may not be executed": (
        "#!/etc/passwd\n", 126, "it needs /etc/passwd (its #! line): permission denied"),
    "an interpreter that is a directory": (
        "#!/etc\n", 126, "it needs /etc (its #! line): permission denied"),
    "no loader": (elf(loader=GLIBC), 127,
                  f"it needs {GLIBC} (its ELF loader): {MISSING}; it was built for glibc, and this image has none"),
    "another machine": (elf(machine=22), 126, f"it is a program for s390x, and this machine is {MACHINE}"),
    "macOS": (b"\xcf\xfa\xed\xfe\7\0\0\1" + bytes(100), 126, "it is a program for macOS"),
    "Windows": (b"MZ\x90\0\3" + bytes(100), 126, "it is a program for Windows"),
    "neither": (b"\1\2\0\3" * 20, 126, "not a program that this machine runs"),
    "a loader that is none": (elf(loader="LOADER"), 126,
                              "it needs LOADER (its ELF loader): not a program that this machine runs"),
    "not executable": (("#!/bin/sh\n", 0o644), 126, "it is not executable: permission denied (chmod +x)"),
}


@pytest.mark.parametrize("under_init", [False, True], ids=KINDS)
@pytest.mark.parametrize("kind", OBSTACLES)
def test_the_line_says_what_is_in_the_way(drainit, place, file, kind, under_init):
    content, code, words = OBSTACLES[kind]
    path = str(place / "run")
    loader = file("ld", "no loader\n")
    if isinstance(content, bytes):
        content = content.replace(elf(loader="LOADER"), elf(loader=loader))
    words = words.replace("LOADER", loader)
    if content is not None:
        file("run", *(content if isinstance(content, tuple) else (content,)))
    box = drainit(app=[path, "s3cret"], under_init=under_init)
    assert box.wait() == code
    box.log.wait_for("cannot be started")
    assert box.log.all() == [f"drainit: {path} cannot be started: {words}"]
    assert box.out.all() == []


def test_the_program_is_named_as_it_was_typed(drainit, place, file):
    file("run", "#!/opt/bash\n")
    box = drainit(app=["./run"], cwd=str(place))
    assert box.wait() == 127
    assert box.log.all() == [f"drainit: ./run cannot be started: it needs /opt/bash (its #! line): {MISSING}"]


def test_what_path_has_is_found_there(drainit, place, file):
    box = drainit(app=["run"], env={"PATH": f"/nowhere:{place}"})
    assert box.wait() == 127
    assert box.log.all() == ["drainit: run cannot be started: it is in no directory of PATH: no such file"]
    file("run", elf(machine=22))
    box = drainit(app=["run"], env={"PATH": f"/nowhere:{place}:/bin"})
    assert box.wait() == 126
    assert box.log.matching("^drainit: run cannot be started: it is a program for s390x")


def test_an_empty_word_is_seen_in_the_line(start, bench):
    """As of a variable that was not set: `command: ["$APP"]`."""
    box = start([bench / "drainit", "--", ""])
    assert box.wait() == 127
    assert box.log.all() == ["drainit: '' cannot be started: it is in no directory of PATH: no such file"]


def test_a_directory_is_called_one(drainit, place):
    box = drainit(app=[str(place)])
    assert box.wait() == 126
    assert box.log.all() == [f"drainit: {place} cannot be started: it is a directory"]


def linked(place, _):
    (place / "run").symlink_to("run")
    return str(place / "run")


def nested(place, file):
    # The kernel follows five.
    for number in range(6):
        file(f"run{number}", f"#!{place}/run{number + 1}\n" if number < 5 else "#!/bin/sh\n")
    return str(place / "run0")


def written(_, file):
    path = file("run", "#!/bin/sh\n")
    os.open(path, os.O_WRONLY)
    return path


LOOPS = "too many symbolic links or #! lines in a row"


@pytest.mark.parametrize("kind, code, words", [
    (linked, 126, LOOPS), (nested, 126, LOOPS), (written, 126, "is being written to"),
    (lambda *_: "/" + "x" * 300, 126, "its name is too long"),
    (lambda *_: "/etc/passwd/run", 127, "a part of its path is not a directory"),
], ids=["ELOOP", "interpreters", "ETXTBSY", "ENAMETOOLONG", "ENOTDIR"])
def test_what_the_kernel_says_is_worded(drainit, place, file, kind, code, words):
    path = kind(place, file)
    box = drainit(app=[path])
    assert box.wait() == code
    line, = box.log.all()
    assert line.startswith(f"drainit: {path[:100]}") and line.endswith(f" cannot be started: {words}")


def test_arguments_that_do_not_fit_any_more_are_worded(drainit, place):
    box = drainit("--start-after", f"file:{place}/go", app=["/bin/true", *["x" * 100_000] * 12])
    box.log.wait_for("waiting for")
    # A quarter of the stack's limit is theirs, and never less than 128 KiB.
    resource.prlimit(box.pid, resource.RLIMIT_STACK, (1 << 19, 1 << 19))
    (place / "go").touch()
    assert box.wait() == 126
    assert box.log.all()[-1] == ("drainit: /bin/true cannot be started: "
                                 "its arguments and environment are too long")


@pytest.mark.parametrize("under_init", [False, True], ids=KINDS)
@pytest.mark.parametrize("is_script", [False, True], ids=["program", "script"])
def test_capabilities_that_the_container_may_not_have_are_named(drainit, bench, file, is_script, under_init):
    program = file("program", (bench / "signals").read_bytes())
    subprocess.run(["setcap", "cap_net_raw=+ep", program], check=True)
    path = file("run", f"#!{program}\n") if is_script else program
    box = drainit(app=[path], under_init=under_init,
                  before=("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"))
    assert box.wait() == 126
    box.log.wait_for("cannot be started")
    has = f"it needs {program}, which has" if is_script else "it has"
    assert box.log.all() == [
        f"drainit: {path} cannot be started: {has} capabilities (setcap) that this container may not have"]


def test_an_interpreters_own_loader_is_named(drainit, file):
    # A python of another libc, and a script for it.
    python = file("python", elf(loader=GLIBC))
    box = drainit(app=[file("run", f"#!{python}\n")])
    assert box.wait() == 127
    assert box.log.matching(f"run cannot be started: it needs {GLIBC} ")


def test_a_script_whose_interpreter_is_for_another_machine_is_not_the_shells(drainit, file):
    python = file("python", elf(machine=22))
    box = drainit(app=[file("run", f"#!{python}\necho ran\n")])
    assert box.wait() == 126
    assert box.log.matching(f"run cannot be started: it needs {python}, a program for s390x")
    assert box.out.all() == []


def test_a_file_system_without_exec_is_the_reason(drainit, place):
    script = f'mount -t tmpfs -o noexec none {place} && cp /bin/true {place}/run && exec "$@"'
    box = drainit(app=[f"{place}/run"], before=("sh", "-c", script, "sh"))
    assert box.wait() == 126
    assert box.log.all() == [
        f"drainit: {place}/run cannot be started: it is on a file system that is mounted noexec"]


def test_a_lying_elf_is_not_believed(drainit, file):
    # Headers and a loader beyond the file's end, a loader without its zero, and a header that is cut short.
    whole = elf(loader=GLIBC)
    for lie in (whole[:64 + 8] + b"\xff" * 8 + whole[72:], whole[:32] + b"\xff" * 8 + whole[40:],
                whole[:120] + b"x" * 4000, whole[:30], b"\x7fELF", whole[:56] + b"\xff\xff" + whole[58:64]):
        box = drainit(app=[file("run", lie)])
        assert box.wait() in (126, 127)
        line, = box.log.all()
        assert "run cannot be started: " in line


@pytest.fixture
def message(place):
    """Kubernetes' file of the last words, and what is executed so that a box has it."""
    kept = place / "message"
    kept.write_text("")
    return kept, termination_log(kept)


@pytest.mark.parametrize("words, app, environment, code", [
    ([], ["/no/such/program"], {}, 127), ([], ["/etc"], {}, 126), (["-q"], ["nowhere"], {}, 127),
    (["--plain"], ["nowhere"], {}, 127), (["--log", "json"], ["nowhere"], {}, 127),
    (["--dran", "5s"], ["true"], {}, 125), ([], ["true"], {"DRAINIT_DRIAN": "5s"}, 125),
    (["--grace", "1s", "--drain", "5s"], ["true"], {}, 125), ([], None, {}, 125),
    (["--on-exit", "GET http://h/${NOWHERE}"], ["true"], {}, 125),
    (["--start-after", "file:/nowhere", "--start-timeout", "100ms"], ["true"], {}, 125),
], ids=str)
@pytest.mark.parametrize("under_init", [False, True], ids=KINDS)
def test_what_kubectl_describe_shows_is_why(drainit, message, words, app, environment, code, under_init):
    # Not PID 1: `shareProcessNamespace`, or another init before it.
    kept, before = message
    box = drainit(*words, app=app, env=environment, before=before, under_init=under_init)
    assert box.wait() == code
    until(lambda: [kept.read_text()] == [f"{line}\n" for line in box.log.all()[-1:]], "the line is there", 5)


def test_what_a_probe_does_wrong_is_not_why_the_container_ends(drainit, message):
    kept, before = message
    for words in (["--hold", "--grace", "1s", "--drain", "5s"], ["--probe", "http://127.0.0.1:1/"], ["--install"],
                  ["--probe", "nonsense"], ["--dran", "--probe", "http://h/"], ["--prob", "http://127.0.0.1:1/"],
                  ["-probe", "http://h/"], ["--probes=http://h/"], ["--probe http://h/"], ["--hodl"],
                  ["--lint", "--drain", "soon"], ["--plan", "--drain", "9s..3s"]):
        assert drainit(*words, before=before, under_init=True).wait() in (1, 125)
        assert kept.read_text() == ""


@pytest.mark.parametrize("what", ["directory", "link", "dangling link", "absent", "FIFO"])
def test_where_there_is_no_file_of_the_kubelets_nothing_is_written(drainit, place, what):
    other = place / "other"
    if what == "link":
        other.write_text("")
    make = {"directory": "mkdir /dev/termination-log", "absent": ":", "FIFO": "mkfifo /dev/termination-log"}
    script = (f"mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && "
              f'{make.get(what, f"ln -s {other} /dev/termination-log")} && exec "$@"')
    before = ("sh", "-c", script, "sh")
    for words, app, code in ((["--dran"], ["true"], 125), ([], ["/no/such/program"], 127),
                             (["--drain", "100ms"], ["sleep", "600"], 143)):
        box = drainit(*words, app=app, before=before)
        if code == 143:
            until(lambda: box.named("sleep"), "the app runs")
            box.signal(signal.SIGTERM)
        assert box.wait() == code
    assert other.exists() == (what == "link")
    if other.exists():
        assert other.read_text() == ""


def test_words_that_are_there_stay(drainit, message):
    kept, before = message
    kept.write_text("out of coffee")
    assert drainit(app=["/no/such/program"], before=before).wait() == 127
    assert kept.read_text() == "out of coffee"


@pytest.mark.parametrize("log", ["text", "json"])
def test_a_hook_that_cannot_be_started_says_why(drainit, file, log):
    hook = file("hook", "#!/opt/bash\n")
    box = drainit("--on-exit", f"{hook} s3cret", "--log", log, app=["true"])
    assert box.wait() == 0
    words = f"{hook} cannot be started: it needs /opt/bash (its #! line): {MISSING}"
    if log == "text":
        assert f"drainit: {words}" in box.log.all()
    else:
        lines = [json.loads(line) for line in box.log.all()]
        line, = [line for line in lines if line["event"] == "not-executed"]
        assert line["message"] == words and line["level"] == "warning"
    assert "s3cret" not in box.log.text()


def test_a_check_that_cannot_be_started_says_why_once(drainit, file):
    box = drainit("--ready", f"exec:{file('check', elf(machine=22))} x", "--ready-every", "20ms",
                  app=["sleep", "600"])
    box.log.wait_for("check cannot be started: it is a program for s390x")
    until(lambda: "exit code 126" in probing.get(box, "/readyz?verbose").text, "it was asked")
    before = len(box.processes())
    until(lambda: len(box.log.matching("cannot be started")) == 1, "once", 3)
    assert before


def test_a_relative_check_is_looked_for_where_it_is_run(drainit, place, file):
    file("check", "#!/opt/bash\n")
    box = drainit("--ready", "exec:./check", app=["sleep", "600"], cwd=str(place))
    box.log.wait_for(r"^drainit: \./check cannot be started: it needs /opt/bash")
