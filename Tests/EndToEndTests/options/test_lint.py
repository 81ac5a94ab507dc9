"""--lint: a manifest on standard input, a line a finding, and the exit code."""

import json
import subprocess

import pytest
import yaml

from conftest import ROOT

GOOD = {
    "kind": "Deployment", "metadata": {"name": "web"},
    "spec": {"replicas": 2, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
        "terminationGracePeriodSeconds": 30,
        "containers": [{
            "name": "web", "image": "web",
            "env": [{"name": "DRAINIT_GRACE", "value": "30s"}],
            "ports": [{"containerPort": 8080}],
            "readinessProbe": {"httpGet": {"path": "/readyz", "port": 14315}, "periodSeconds": 5}}]}}}}


def changed(change):
    manifest = json.loads(json.dumps(GOOD))
    change(manifest, manifest["spec"]["template"]["spec"],
           manifest["spec"]["template"]["spec"]["containers"][0])
    return manifest


@pytest.fixture
def lint(bench):
    def run(manifest, *words):
        text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
        return subprocess.run([bench / "drainit", *words, "--lint"], input=text, timeout=60,
                              capture_output=True, check=False)

    return run


def add_service(manifest, *_):
    service = {"kind": "Service", "spec": {"externalTrafficPolicy": "Local", "type": "LoadBalancer",
                                           "selector": {"app": "web"}}}
    deployment = dict(manifest)
    manifest.clear()
    manifest.update(kind="List", items=[deployment, service])


ERRORS = {
    "grace": (lambda m, p, c: p.update(terminationGracePeriodSeconds=8), "12s window"),
    "no readiness": (lambda m, p, c: c.pop("readinessProbe"), "readinessProbe: there is none"),
    "sleep": (lambda m, p, c: c.update(lifecycle={"preStop": {"sleep": {"seconds": 9}}}), "preStop"),
    "shell": (lambda m, p, c: c.update(args=["sh", "-c", "my-server"]), "sh -c"),
    "fast probe": (lambda m, p, c: c["readinessProbe"].update(
        httpGet={"path": "/", "port": 8080}, periodSeconds=2), "asks the app's port"),
    "one replica": (lambda m, p, c: m["spec"].update(
        replicas=1, strategy={"rollingUpdate": {"maxUnavailable": 1}}), "maxUnavailable"),
    "liveness": (lambda m, p, c: c.update(livenessProbe=c["readinessProbe"]), "livenessProbe"),
    "one port": (lambda m, p, c: p["containers"].append(c), "containers[1].env"),
    "local": (add_service, "UNREADY_AFTER=end"),
    "without drainit": (lambda m, p, c: c.update(env=[], readinessProbe={}), "nothing waits"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_loses_requests_is_an_error(lint, name):
    change, words = ERRORS[name]
    done = lint(changed(change))
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 1, done
    assert any(line.startswith("error: Deployment/web: ") and words in line for line in lines), lines
    assert done.stderr == b""


def test_what_is_right_is_silent_and_a_note_is_no_error(lint):
    done = lint(GOOD)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    done = lint(changed(lambda m, p, c: p.update(shareProcessNamespace=True)))
    assert done.returncode == 0 and done.stdout.startswith(b"note: Deployment/web: spec.template.spec.")


@pytest.mark.parametrize("text", [
    b"", b"{", b"kind: Pod\nspec: {}\n", b"{}", b"[" * 100_000, b"\xff\xfe", b"[1,2]",
    b" " * (9 << 20), b'{"spec":' * 50_000], ids=range(9))
def test_what_is_no_manifest_is_refused(lint, text):
    done = lint(text)
    assert done.returncode == 125 and done.stdout == b""
    assert done.stderr.startswith(b"drainit: --lint: ") and done.stderr.count(b"\n") == 1


def test_yaml_is_refused_with_what_makes_json_of_it(lint):
    assert b"kubectl apply -f - --dry-run=client -o json" in lint(yaml.safe_dump(GOOD).encode()).stderr


def test_a_large_list_takes_no_time(lint):
    items = [GOOD] * 5000
    done = lint({"kind": "List", "items": items})
    assert done.returncode == 0 and done.stdout == b""


def test_our_own_manifests_are_right(lint):
    base = ROOT / "docker/kubernetes/base"
    items = [yaml.safe_load((base / name).read_text()) for name in ("deployment.yaml", "service.yaml")]
    items.append(yaml.safe_load((ROOT / "docker/examples/pod/pod.yaml").read_text()))
    done = lint({"kind": "List", "items": items})
    assert done.returncode == 0 and done.stdout == b"", done.stdout
