"""What a tired engineer types at night, and the whole line that is read aloud: it must say what to do."""

import signal
import socket

import pytest

import probing

APP = ["sh", "-c", "echo started"]
LINES = [
    # A registry's documentation has DELETE in small letters, or a method that drainit does not send.
    (["--on-drain", "delete http://consul:8500/v1/kv/web"],
     "--on-drain delete ...: expected a program, or PUT, POST, PATCH, DELETE or GET and http://HOST/PATH"),
    (["--on-drain", "PUT consul:8500/v1/agent/service/deregister/web"],
     "--on-drain PUT ...: expected a program, or PUT, POST, PATCH, DELETE or GET and http://HOST/PATH"),
    (["--on-drain", "HEAD consul:8500/v1/x"],
     "--on-drain HEAD ...: expected a program, or PUT, POST, PATCH, DELETE or GET and http://HOST/PATH"),
    (["--on-drain", "PURGE cache/x"],
     "--on-drain PURGE ...: expected a program, or PUT, POST, PATCH, DELETE or GET and http://HOST/PATH"),
    # tini's `-e` twice in one, and a plan of a pod's whole grace.
    (["-e", "143,137"], "-e 143,137: expected an exit code of 0 to 255; give it again for each"),
    (["--grace", "30", "--drain", "30s"],
     "--grace 30s: the plan takes longer: 30s window + 1s stop timeout + 1s = 32s; "
     "raise it and the platform's, or plan less"),
    # s6's habit, and a number that the container has no room for.
    (["--ready", "fd:99999"], "fd:99999: beyond the limit of open files, 1024"),
    # The seventeenth question.
    (sum([["--ready", "tcp:80"]] * 17, []),
     "--ready: given more than 16 times: join some in one, as a script"),
]


@pytest.mark.parametrize("words, line", LINES, ids=lambda value: str(value)[:40])
def test_the_line_that_is_read_aloud(drainit, words, line):
    box = drainit(*words, app=APP, before=("prlimit", "--nofile=1024:1024"))
    assert box.wait() == 125
    said, = box.log.all()
    assert box.out.all() == []
    assert said == f"drainit: {line}"


def test_several_in_one_variable_are_told_where_each_goes(drainit):
    box = drainit(app=APP, env={"DRAINIT_EXIT_MAP": "143:0,137:0"})
    assert box.wait() == 125
    assert box.log.all() == ["drainit: DRAINIT_EXIT_MAP=143:0,137:0: expected FROM:TO such as 143:0, exit codes of 0 "
                             "to 255; one a line"]


@pytest.mark.parametrize("under_init", [False, True], ids=["pid 1", "not pid 1"])
def test_a_descriptor_that_is_a_handed_over_socket_is_not_taken(start, bench, under_init):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    # Descriptor 3 is the first socket that a service is handed.
    script = 'n=$1; shift; exec 3<&$n; exec "$@"'
    for number, refused in ((3, True), (4, False)):
        box = start([bench / "drainit", "--ready", f"fd:{number}", "--", "sh", "-c", "readlink /proc/self/fd/3"],
                    before=("bash", "-c", script, "bash", str(listener.fileno())), under_init=under_init,
                    env={"LISTEN_FDS": "1"}, pass_fds=(listener.fileno(),))
        assert box.wait() == (125 if refused else 0)
        if refused:
            box.log.wait_for("^drainit: fd:3: the app is handed a socket there .LISTEN_FDS.: take a number above")
            assert box.out.all() == []
        else:
            box.out.wait_for("^socket:")


def test_below_another_drainit_it_says_that_windows_add_up(drainit, bench):
    inner = [str(bench / "drainit"), "--listen", "14316", "--drain", "1s"]
    # The one below says so, and the one above has its own log in the same place.
    box = drainit("--drain", "1s", app=[*inner, "--", bench / "web", "8080"])
    box.log.wait_for("^drainit: below another drainit: where both have a window a stop lasts their sum ")
    for more in (["--drain", "0"], ["--plain"]):
        box = drainit("--drain", "1s", app=[*inner, *more, "--", bench / "web", "8080"])
        box.out.wait_for("listening")
        assert not box.log.matching("below another")


@pytest.mark.parametrize("name", ["RTMIN+3", "SIGPWR"])
def test_an_engines_other_stop_signals_drain_where_they_are_named(drainit, name):
    # An image of systemd has STOPSIGNAL SIGRTMIN+3, LXC sends SIGPWR.
    number = {"RTMIN+3": 37, "SIGPWR": int(signal.SIGPWR)}[name]
    box = drainit("--drain-signal", name, "--stop-signal", "TERM", "--drain", "1s", app=["web", "8080"])
    probing.wait_until_ready(box)
    box.signal(number)
    box.log.wait_for("draining for 1s, then SIGTERM")
    assert box.wait() == 0
