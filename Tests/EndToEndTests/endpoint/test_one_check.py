"""`/readyz/CHECK`, as kube-apiserver has it, and what Prometheus says of `/metrics`."""

import json
import signal
import time
import urllib.parse

import probing
from box import until


def path(check):
    return "/readyz/" + urllib.parse.quote(check, safe="")


def test_one_check_is_asked_for_by_its_name(drainit, tmp_path):
    tmp_path.chmod(0o755)
    flag = tmp_path / "größe"
    flag.touch()
    there, web = f"file:{flag}", "http://127.0.0.1:8080/a/b"
    box = drainit("--ready", there, "--ready", web, "--ready-every", "50ms", "--drain", "60s",
                  app=["web", "8080"])
    probing.wait_until_ready(box)
    for check in (there, web):
        assert (answer := probing.get(box, path(check))).status == 200 and answer.text == "ok\n"
    # kube-apiserver's own checks have slashes, and are asked for with them.
    assert probing.get(box, f"/readyz/{web}").status == 200
    for page in (path("tcp:1"), "/readyz/", "/startupz/" + there, "/livez/" + there, "/status/x"):
        assert probing.get(box, page).status == 404, page
    flag.unlink()
    time.sleep(0.1)
    probing.wait_for_status(box, 503)
    refused = probing.get(box, path(there))
    assert (refused.status, refused.text) == (503, f"not ready: {there} (not there)\n")
    assert probing.get(box, path(web)).status == 200
    names = [check["name"] for check in json.loads(probing.get(box, "/status").body)["checks"]]
    assert names == [there, web]
    box.signal(signal.SIGTERM)
    until(lambda: probing.get(box, path(web)).text == "draining\n", "it is not ready any more")


def test_prometheus_finds_nothing_to_say_about_the_metrics(drainit):
    box = drainit("--ready", "tcp:8080", "--live", "exec:true", "--drain", "60s", app=["web", "8080"])
    probing.wait_until_ready(box)
    for drains in (False, True):
        if drains:
            box.signal(signal.SIGTERM)
            probing.wait_for_status(box, 503)
        metrics = probing.get(box, "/metrics").text
        checked = box.run_inside("promtool", "check", "metrics", input=metrics)
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", ""), metrics
    started = next(float(line.split()[1]) for line in metrics.splitlines()
                   if line.startswith("drainit_start_time_seconds "))
    assert time.time() - 120 < started <= time.time() + 1


def test_a_check_of_the_life_has_a_page_too(drainit, tmp_path):
    tmp_path.chmod(0o755)
    flag = tmp_path / "alive"
    flag.touch()
    box = drainit("--live", f"file:{flag}", "--drain", "60s", app=["web", "8080"])
    probing.wait_until_ready(box)
    name = urllib.parse.quote(f"file:{flag}", safe="")
    assert [probing.get(box, f"/{page}/{name}").status for page in ("livez", "healthz")] == [200, 200]
    assert probing.get(box, "/readyz/" + name).status == 404
    flag.unlink()
    until(lambda: probing.get(box, "/livez/" + name).text == f"not alive: file:{flag} (not there)\n",
          "its page says what it came to")


def test_who_asks_for_one_check_is_not_waited_for(drainit):
    box = drainit("--ready", "tcp:8080", "--drain", "1s..60s", "--until", "probed:1", "--log", "json",
                  app=["web", "8080"])
    probing.wait_until_ready(box)
    box.signal(signal.SIGTERM)
    until(lambda: probing.get(box, path("tcp:8080")).status == 503, "it drains")
    time.sleep(1.5)
    phase = json.loads(probing.get(box, "/status").body)["phase"]
    assert phase == "draining"
