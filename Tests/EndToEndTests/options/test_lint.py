"""--lint: manifests on standard input, a line a finding, and the exit code."""

import json
import re
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
            "readinessProbe": {"httpGet": {"path": "/readyz", "port": 14315}, "periodSeconds": 2,
                               "failureThreshold": 1}}]}}}}
BAD = json.loads(json.dumps(GOOD).replace("/readyz", "/livez"))


@pytest.fixture
def lint(bench):
    def run(manifest, *words):
        text = manifest if isinstance(manifest, bytes) else yaml.safe_dump(manifest).encode()
        return subprocess.run([bench / "drainit", *words, "--lint"], input=text, timeout=60,
                              capture_output=True, check=False)

    return run


def test_what_is_right_is_silent_and_a_note_is_no_error(lint):
    done = lint(GOOD)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    noted = json.loads(json.dumps(GOOD))
    noted["spec"]["template"]["spec"]["shareProcessNamespace"] = True
    done = lint(noted)
    assert done.returncode == 0 and done.stdout.startswith(b"note: Deployment/web: spec.template.spec.")
    done = lint(BAD)
    assert done.returncode == 1 and done.stdout.startswith(b"error: Deployment/web: spec.template.")


def test_json_has_an_object_a_line(lint):
    bad = dict(BAD, metadata={"name": "web", "namespace": "shop"})
    done = lint(bad, "--log", "json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found.pop("message").endswith("; /readyz")
    assert found == {"level": "error", "rule": "readiness-path", "kind": "Deployment", "name": "web",
                     "namespace": "shop",
                     "path": "spec.template.spec.containers[0].readinessProbe"}


SHAPES = {
    "documents": "---\n".join(yaml.safe_dump(item) for item in (GOOD, BAD, BAD)),
    "JSON": json.dumps([GOOD, BAD, BAD]),
    "JSON documents": "\n".join(json.dumps(item) for item in (GOOD, BAD, BAD)),
    "a List": yaml.safe_dump({"kind": "List", "items": [GOOD, BAD, BAD]}),
    "Lists in Lists": yaml.safe_dump(
        {"kind": "List", "items": [{"kind": "PodList", "items": [BAD, GOOD]}, {"items": [BAD]}]}),
    "a byte order mark and CRLF":
        "\ufeff" + yaml.safe_dump_all([GOOD, BAD, BAD]).replace("\n", "\r\n"),
    "aliases": "kind: List\nitems:\n- &bad " + json.dumps(BAD) + "\n- *bad\n",
    "comments": "# c\n---\n# Source: x\n" + "---\n# d\n".join(
        yaml.safe_dump(item) for item in (BAD, GOOD, BAD)) + "---\n# nothing\n---\n",
    "quotes everywhere": yaml.safe_dump_all([GOOD, BAD, BAD], default_style='"'),
    "flow": yaml.safe_dump_all([GOOD, BAD, BAD], default_flow_style=True, width=40),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read(lint, shape):
    done = lint(SHAPES[shape].encode())
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 1, done
    assert len([line for line in lines if line.endswith("[readiness-path]")]) == 2, lines


def test_namespaces_are_named_and_kept_apart(lint):
    """As `kubectl get all -A` prints them, with owners and what is owned; Services of another are others'."""
    owned = {"kind": "ReplicaSet", "metadata": {
        "name": "web-1", "namespace": "a",
        "ownerReferences": [{"kind": "Deployment", "name": "web"}]}, "spec": BAD["spec"]}
    items = [dict(BAD, metadata={"name": "web", "namespace": name}) for name in "ab"]
    service = {"kind": "Service", "metadata": {"name": "web", "namespace": "b"}, "spec": {
        "externalTrafficPolicy": "Local", "selector": {"app": "web"}}}
    lines = lint({"kind": "List", "items": [*items, owned, service]}).stdout.decode().splitlines()
    assert [re.findall(r"^error: (.*?): .*\[(.*)\]$", line)[0] for line in lines
            if line.startswith("error")] == [
        ("Deployment/web in a", "readiness-path"), ("Deployment/web in b", "readiness-path"),
        ("Deployment/web in b", "local-policy")]


def test_the_hundredth_service_is_looked_at_too(lint):
    services = [{"kind": "Service", "metadata": {"name": f"s{index}"},
                 "spec": {"selector": {"app": f"a{index}"}}} for index in range(100)]
    services.append({"kind": "Service", "metadata": {"name": "last"}, "spec": {
        "externalTrafficPolicy": "Local", "selector": {"app": "web"}}})
    assert b"[local-policy]" in lint({"kind": "List", "items": [GOOD, *services]}).stdout


@pytest.mark.parametrize(("text", "words"), [
    (b"", "no pod in it"), (b"{", "line 1, column 1: never closed"), (b"[]", "no pod in it"),
    (b"kind: Pod\nspec: {}\n", "no pod in it"), (b"{}", "no object: a mapping with a kind"),
    (b"kind: Pod\n\tspec: 1\n", "line 2, column 1: a tab where only spaces indent"),
    (b"[" * 100_000, "line 1, column 65: nested more than 64 deep"),
    (b"\xff\xfek\0", "UTF-16"), (b"[1,2]", "no object"), (b"a: \xff\n", "line 1, column 4: no UTF-8"),
    (b" " * (33 << 20), "more than 32 MiB"), (b'{"spec":' * 50_000, "nested more than 64 deep"),
    (b"kind: Pod\nmetadata: {name: {{ .Values.name }}}\n", "column 18: {{ is a template's"),
    (b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n" % (
        (letter + 1,) * 2 + (letter,) * 8) for letter in range(97, 110)),
     "more than a million values, or as many by aliases"),
], ids=range(14))
def test_what_is_no_manifest_is_refused(lint, text, words):
    done = lint(text)
    assert done.returncode == 125 and done.stdout == b""
    assert done.stderr.startswith(b"drainit: --lint: ") and done.stderr.count(b"\n") == 1
    assert words in done.stderr.decode()


def test_a_large_list_takes_no_time(lint):
    done = lint(json.dumps({"kind": "List", "items": [GOOD] * 5000}).encode())
    assert done.returncode == 0 and done.stdout == b""


def test_our_own_manifests_are_right(lint):
    base = ROOT / "docker/kubernetes/base"
    paths = [base / name for name in ("deployment.yaml", "service.yaml", "disruption.yaml")]
    done = lint(b"---\n".join(path.read_bytes() for path in paths))
    assert done.returncode == 0 and done.stdout == b"", done.stdout


@pytest.mark.parametrize("path", [
    path for path in sorted((ROOT / "docker").rglob("*.yaml"))
    if re.search(r"^kind: (Deployment|Pod|StatefulSet)$", path.read_text(), re.M)],
    ids=lambda path: "/".join(path.parts[-3:]))
def test_every_manifest_here_is_silent(lint, path):
    done = lint(path.read_bytes())
    assert done.returncode == 0 and done.stdout == b"", done.stdout
