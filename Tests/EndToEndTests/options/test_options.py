"""Options, from the command line and from the environment, and what a wrong one is told."""

import signal

import time

import pytest

import probing

APP = ["sh", "-c", "echo started; exit 3"]


def assert_refused(box, *words):
    """125, one line that has all the words, and the app never ran."""
    assert box.wait() == 125, box.log.text()
    line, = box.log.all()
    assert line.startswith("drainit: ")
    for word in words:
        assert word in line, line
    assert box.out.all() == []


@pytest.mark.parametrize("words, named", [
    (["--dran", "5s"], ["--dran", "did you mean --drain?"]),
    (["--stop-singal", "TERM"], ["--stop-singal", "--stop-signal"]),
    (["--zzzzzzzz"], ["--zzzzzzzz"]),
    (["--drain"], ["--drain"]),
    (["--drain", ""], ["--drain"]),
    (["--drain", "5x"], ["--drain", "5x"]),
    (["--drain", "-5s"], ["--drain", "-5s"]),
    (["--drain", "5s.."], ["--drain", "5s.."]),
    (["--drain", "..5s"], ["--drain", "..5s"]),
    (["--drain", "9s..3s"], ["--drain", "9s..3s"]),
    (["--drain", "99999999999999999999s"], ["--drain"]),
    (["--drain", "9999999999999h"], ["--drain"]),
    (["--drain=9s..3s"], ["--drain", "9s..3s"]),
    (["--stop-signal", "TERMINATE"], ["--stop-signal", "TERMINATE"]),
    (["--stop-signal", "0"], ["--stop-signal", "0"]),
    (["--stop-signal", "65"], ["--stop-signal", "65"]),
    (["--drain-signal", "RTMIN+31"], ["--drain-signal", "RTMIN+31"]),
    (["--drain-signal", "KILL"], ["--drain-signal", "KILL"]),
    (["--stop-timeout", "soon"], ["--stop-timeout", "soon"]),
    (["--exit-map", "143"], ["--exit-map", "143"]),
    (["--exit-map", "256:0"], ["--exit-map", "256:0"]),
    (["--exit-map", "0:-1"], ["--exit-map", "0:-1"]),
    (["--port", "0"], ["--port", "0"]),
    (["--port", "65536"], ["--port", "65536"]),
    (["--port", "http"], ["--port", "http"]),
    (["--listen", "99999"], ["--listen", "99999"]),
    (["--listen", "localhost:80"], ["--listen", "localhost:80"]),
    (["--listen", "1.2.3:80"], ["--listen", "1.2.3:80"]),
    (["--ready", "http:/x"], ["--ready", "http:/x"]),
    (["--ready", "listen"], ["--ready", "listen"]),
    (["--ready", "tcp:"], ["--ready", "tcp:"]),
    (["--ready-successes", "0"], ["--ready-successes", "0"]),
    (["--signal-to", "everybody"], ["--signal-to", "everybody"]),
    (["--grace", "10s", "--drain", "1s..8s", "--stop-timeout", "5s"], ["--grace", "10s", "8s", "5s"]),
    (["--grace", "1s", "--drain", "5s"], ["--grace", "1s", "5s"]),
], ids=" ".join)
def test_a_wrong_option_is_named_in_one_line_before_the_app_starts(drainit, words, named):
    assert_refused(drainit(*words, app=APP), *named)


@pytest.mark.parametrize("environment, named", [
    ({"DRAINIT_DRAIN": "9s..3s"}, ["DRAINIT_DRAIN", "9s..3s"]),
    ({"DRAINIT_DRAN": "5s"}, ["DRAINIT_DRAN:", "DRAINIT_DRAIN"]),
    ({"DRAINIT_EXIT_MAP": "1:2\n3"}, ["DRAINIT_EXIT_MAP"]),
    ({"DRAINIT_PORT": "eighty"}, ["DRAINIT_PORT", "eighty"]),
    ({"DRAINIT_NO_SUCH_THING": "1"}, ["DRAINIT_NO_SUCH_THING"]),
    ({"DRAINIT_HELP": "1"}, ["DRAINIT_HELP"]),
], ids=lambda value: " ".join(value) if isinstance(value, dict) else "")
def test_a_wrong_variable_is_named_in_one_line_before_the_app_starts(drainit, environment, named):
    assert_refused(drainit(app=APP, env=environment), *named)


def test_without_a_command_it_says_what_is_missing(drainit):
    assert_refused(drainit())
    assert_refused(drainit("--"))
    assert_refused(drainit("--drain", "1s"))


def services(name, variable):
    """The variables that Kubernetes makes of a Service (all of them since Docker links)."""
    return {
        f"{variable}_SERVICE_HOST": "10.96.0.7", f"{variable}_SERVICE_PORT": "80",
        f"{variable}_SERVICE_PORT_HTTP": "80", f"{variable}_SERVICE_PORT_DNS_UDP": "53",
        f"{variable}_PORT": "tcp://10.96.0.7:80",
        f"{variable}_PORT_80_TCP": "tcp://10.96.0.7:80", f"{variable}_PORT_80_TCP_PROTO": "tcp",
        f"{variable}_PORT_80_TCP_PORT": "80", f"{variable}_PORT_80_TCP_ADDR": "10.96.0.7",
        f"{variable}_PORT_53_UDP": "udp://10.96.0.7:53", f"{variable}_PORT_53_UDP_PROTO": "udp",
        f"{variable}_PORT_53_UDP_PORT": "53", f"{variable}_PORT_53_UDP_ADDR": "10.96.0.7",
        f"{variable}_PORT_9_SCTP": "sctp://10.96.0.7:9", f"{variable}_PORT_9_SCTP_PROTO": "sctp",
        f"{variable}_PORT_9_SCTP_PORT": "9", f"{variable}_PORT_9_SCTP_ADDR": "10.96.0.7"}


def test_services_named_drainit_and_drainit_demo_are_not_options(drainit):
    environment = {**services("drainit", "DRAINIT"), **services("drainit-demo", "DRAINIT_DEMO")}
    box = drainit(app=APP, env=environment)
    assert box.wait() == 3, box.log.text()
    box = drainit(app=["env"], env=environment)
    assert box.wait() == 0
    assert {f"{name}={value}" for name, value in environment.items()} <= set(box.out.all())


@pytest.mark.parametrize("protocol", ["tcp", "udp", "sctp"])
def test_a_service_link_in_the_port_variable_is_not_a_port(drainit, protocol):
    assert drainit(app=APP, env={"DRAINIT_PORT": f"{protocol}://10.0.0.1:80"}).wait() == 3


def test_dockerfiles_set_drainit_version_and_that_is_no_option(drainit):
    assert drainit(app=APP, env={"DRAINIT_VERSION": "1.2.3"}).wait() == 3


def test_an_option_from_the_environment_counts(drainit):
    assert drainit(app=APP, env={"DRAINIT_EXIT_MAP": "3:7"}).wait() == 7


def test_the_command_line_wins(drainit):
    box = drainit("--stop-signal", "USR1", app=["signals", "USR1=1", "USR2=2"],
                  env={"DRAINIT_STOP_SIGNAL": "USR2", "DRAINIT_DRAIN": "0"})
    box.out.wait_for("^ready")
    box.signal(signal.SIGTERM)
    assert box.wait() == 1


def test_a_repeatable_variable_is_split_at_newlines(drainit):
    assert drainit(app=APP, env={"DRAINIT_EXIT_MAP": "1:0\n3:9\n"}).wait() == 9


def test_an_equals_sign_joins_an_option_and_its_value(drainit):
    assert drainit("--exit-map=3:4", app=APP).wait() == 4


def test_options_end_at_the_first_word_that_is_none(start, bench):
    box = start([bench / "drainit", "--exit-map", "3:4", "sh", "-c", "echo $0 $1; exit 3",
                 "--drain", "--dran"])
    assert box.wait() == 4
    assert box.out.all() == ["--drain --dran"]


def test_after_two_dashes_everything_is_the_app(drainit):
    box = drainit(app=["echo", "--", "--version"])
    assert box.wait() == 0
    assert box.out.all() == ["-- --version"]


@pytest.mark.parametrize("value, least", [("1500ms", 1.5), ("1s", 1), ("1", 1), ("0m", 0)])
def test_durations_are_written_in_several_ways(drainit, value, least):
    box = drainit("--drain", value, app=["web", "8080"])
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    sent = time.monotonic()
    assert box.wait() == 0
    assert least - 0.05 <= box.wait_time() - sent < least + 5


@pytest.mark.parametrize("name", ["USR2", "SIGUSR2", "usr2", "12"])
def test_signals_are_written_in_several_ways(drainit, name):
    box = drainit("--drain", "0", "--stop-signal", name, app=["signals", "USR2=8"])
    box.out.wait_for("^ready")
    box.signal(signal.SIGTERM)
    assert box.wait() == 8


def test_real_time_signals_count_from_34(drainit):
    box = drainit("--drain", "0", "--stop-signal", "RTMIN+3", app=["signals", "RTMIN+3=8"])
    box.out.wait_for("^ready")
    box.signal(signal.SIGTERM)
    assert box.wait() == 8


def test_help_fits_one_screen_and_goes_to_standard_output(drainit):
    box = drainit("--help")
    assert box.wait() == 0
    assert box.log.all() == []
    assert 10 < len(box.out.all()) <= 40
    assert all(len(line) <= 80 for line in box.out.all())
    for option in ("--drain", "--ready", "--listen", "--stop-signal", "--exit-map"):
        assert option in box.out.text()


def test_version_says_name_and_version(drainit):
    box = drainit("--version")
    assert box.wait() == 0
    line, = box.out.all()
    assert line.startswith("drainit ")
    assert any(letter.isdigit() for letter in line)


def test_no_error_shows_a_value_of_the_environment_that_is_not_an_option(drainit):
    box = drainit(app=["no-such-program-here", "--password=s3cret"], env={"TOKEN": "t0ken"})
    assert box.wait() == 127
    assert "s3cret" not in box.log.text() and "t0ken" not in box.log.text()
