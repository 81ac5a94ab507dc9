"""--lint's rules: manifests, and the findings that each must have and no other."""

import copy
import json
import re
import subprocess

import pytest
import yaml

from conftest import ROOT

PROBE = {"httpGet": {"path": "/readyz", "port": 14315}, "periodSeconds": 2, "failureThreshold": 1}
DEPLOYMENT = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
    "spec": {"replicas": 2, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
        "containers": [{"name": "web", "image": "web", "command": ["/drainit", "--", "web"],
                        "ports": [{"name": "http", "containerPort": 8080}], "readinessProbe": PROBE}]}}}}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {
    "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}}
BUDGET = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
          "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}}
INGRESS = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"}, "spec": {
    "rules": [{"http": {"paths": [{"backend": {"service": {"name": "web"}}}]}}]}}
ALB = {"alb.ingress.kubernetes.io/target-type": "ip"}
NLB = {"service.beta.kubernetes.io/aws-load-balancer-type": "nlb-ip"}


class Case:
    """The good manifests, to change."""

    def __init__(self):
        self.web, self.service, self.budget = copy.deepcopy([DEPLOYMENT, SERVICE, BUDGET])
        self.documents = [self.web, self.service, self.budget]
        self.spec = self.web["spec"]
        self.pod = self.spec["template"]["spec"]
        self.container = self.pod["containers"][0]

    def ingress(self, **changes):
        self.documents.append(dict(copy.deepcopy(INGRESS), **changes))

    def replace(self, **container):
        """Another container in the place of drainit's."""
        self.pod["containers"] = [{"name": "web", "image": "web", **container}]


def drainit(*words):
    return lambda case: case.container.update(command=["/drainit", *words, "--", "web"])


def container(**changes):
    return lambda case: case.container.update(changes)


def pod(**changes):
    return lambda case: case.pod.update(changes)


def spec(**changes):
    return lambda case: case.spec.update(changes)


def env(**values):
    return lambda case: case.container.update(
        env=[{"name": f"DRAINIT_{name}", "value": value} for name, value in values.items()])


def probe(kind="readinessProbe", port=14315, path="/readyz", **changes):
    def change(case):
        numbers = {"periodSeconds": 2, "failureThreshold": 30 if kind == "startupProbe" else 1}
        case.container[kind] = {"httpGet": {"path": path, "port": port}, **numbers, **changes}

    return change


def command(*words, args=None):
    def change(case):
        case.container["command"] = ["/drainit", "--", *words]
        if args:
            case.container["args"] = args

    return change


def alone(**changes):
    return lambda case: case.replace(**{
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}}, **changes})


def stop(*words):
    return {"lifecycle": {"preStop": {"exec": {"command": list(words)}}}}


def second(**changes):
    return lambda case: case.pod["containers"].append(
        dict(copy.deepcopy(case.container), name="second", **changes))


def sidecar(**changes):
    return lambda case: case.pod.update(initContainers=[
        {"name": "proxy", "image": "proxy", "restartPolicy": "Always", **changes}])


def both(*changes):
    def change(case):
        for one in changes:
            one(case)

    return change


def workload(kind, **changes):
    return lambda case: case.web.update(kind=kind, **changes)


def service(**changes):
    return lambda case: case.service["spec"].update(changes)


def annotated(case, **annotations):
    case.web["metadata"]["annotations"] = annotations


HTTPS = {"httpGet": {"path": "/readyz", "port": 14315, "scheme": "HTTPS"}, "periodSeconds": 2,
         "failureThreshold": 1}
APP = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 10}

# What is done to the good manifests, and the rules that have to be found, and no others.
TABLE = {
    "good": (lambda case: None, []),
    # Options and the grace.
    "no such option": (drainit("--drian", "5s"), ["options"]),
    "no such variable": (env(DRIAN="5s"), ["options"]),
    "two that are wrong, and what is right": (
        env(DRIAN="5s", DRAIN="5x", GRACE="60s"), ["grace-differs", "options", "options"]),
    "a number": (lambda case: case.container.update(
        env=[{"name": "DRAINIT_PORT", "value": 8080}]), ["env-quotes"]),
    "a number, and what it says": (lambda case: case.container.update(
        env=[{"name": "DRAINIT_GRACE", "value": 60}]), ["env-quotes", "grace-differs"]),
    "nothing": (lambda case: case.container.update(
        env=[{"name": "DRAINIT_PORT", "value": None}]), []),
    "from elsewhere": (lambda case: case.container.update(
        env=[{"name": "DRAINIT_PORT", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}}]), []),
    "no room in the grace": (drainit("--drain", "29s"), ["grace"]),
    "no room for the stop": (drainit("--stop-timeout", "20s"), ["grace"]),
    "a grace of 0": (pod(terminationGracePeriodSeconds=0), ["grace"]),
    "another grace": (env(GRACE="60s"), ["grace-differs"]),
    "a hold of a minute": (alone(**stop("/drainit", "--hold", "--drain", "10s..60s")), ["grace"]),
    "one port for two": (second(), ["same-port"]),
    "two with ports of their own": (second(
        env=[{"name": "DRAINIT_LISTEN", "value": "14316"}],
        readinessProbe=dict(PROBE, httpGet={"path": "/readyz", "port": 14316})), []),
    "the node's network": (pod(hostNetwork=True), ["host-network"]),
    "the node's network, other port": (both(
        pod(hostNetwork=True), drainit("--listen", "14400"), probe(port=14400)), []),
    "a sidecar's window": (sidecar(command=["/drainit", "--listen", "14316", "--", "proxy"]),
                           ["sidecar-window"]),
    "a sidecar without": (sidecar(
        command=["/drainit", "--listen", "14316", "--drain", "0", "--", "proxy"]), []),
    "a sidecar on the same port": (sidecar(
        command=["/drainit", "--drain", "0", "--", "proxy"]), ["same-port"]),
    "a sidecar without drainit": (sidecar(ports=[{"name": "proxy", "containerPort": 8000}]), []),
    "an init container": (lambda case: case.pod.update(
        initContainers=[{"name": "i", "image": "i", "command": ["sh", "-c", "sleep 1; true"]}]), []),
    # Probes.
    "no readiness": (lambda case: case.container.pop("readinessProbe"), ["no-readiness"]),
    "no such name": (probe(port="drainit"), ["probe-name", "probes-app-fast"]),
    "another port": (probe(port=14316), ["probe-port"]),
    "loopback": (drainit("--listen", "127.0.0.1:14315"), ["probe-loopback"]),
    "loopback in IPv6": (drainit("--listen", "[::1]:14315"), ["probe-loopback"]),
    "tcpSocket": (container(readinessProbe={"tcpSocket": {"port": 14315}}), ["probe-tcp", "slow-readiness"]),
    "HTTPS": (container(readinessProbe=HTTPS), ["probe-protocol"]),
    "gRPC": (container(readinessProbe={"grpc": {"port": 14315}, "periodSeconds": 2, "failureThreshold": 1}),
             ["probe-protocol"]),
    "no such path": (probe(path="/ready"), ["probe-path"]),
    "readiness asks /livez": (probe(path="/livez"), ["readiness-path"]),
    "readiness asks /healthz": (probe(path="/healthz"), ["readiness-path"]),
    "readiness asks /startupz": (probe(path="/startupz"), ["readiness-path"]),
    "readiness with a query": (probe(path="/readyz?verbose"), []),
    "the app, often": (probe(port=8080, path="/"), ["probes-app-fast"]),
    "the app, by name": (probe(port="http", path="/"), ["probes-app-fast"]),
    "the app, seldom": (container(readinessProbe=APP), ["probes-app"]),
    "the app, ignored": (both(drainit("--ignore", "10.0.0.0/8"), probe(port=8080, path="/")), ["probes-app"]),
    "slow": (container(readinessProbe={"httpGet": PROBE["httpGet"]}), ["slow-readiness"]),
    "slow, but said so": (both(env(UNREADY_AFTER="end"), container(
        readinessProbe={"httpGet": PROBE["httpGet"]})), []),
    "liveness asks /readyz": (probe("livenessProbe"), ["liveness-ready"]),
    "liveness asks /startupz": (probe("livenessProbe", path="/startupz"), ["liveness-path"]),
    "liveness asks /livez": (probe("livenessProbe", path="/livez"), []),
    "liveness asks the app's /readyz": (probe("livenessProbe", port=8080), ["liveness-slow"]),
    "liveness asks the app, with --live": (both(
        drainit("--live", "http://127.0.0.1:8080/"), probe("livenessProbe", port=8080)), []),
    "liveness asks the app, short": (probe(
        "livenessProbe", port=8080, terminationGracePeriodSeconds=5), []),
    "startup for 3 s": (probe("startupProbe", path="/startupz", failureThreshold=1), ["startup-early"]),
    "startup for a minute": (probe("startupProbe", path="/startupz"), []),
    "a program each second": (container(readinessProbe={"exec": {"command": ["true"]}, "periodSeconds": 1}),
                              ["exec-probe", "probes-app"]),
    "known by liveness alone": (lambda case: case.replace(
        ports=[{"containerPort": 8080}], readinessProbe=APP,
        livenessProbe={"httpGet": {"path": "/livez", "port": 14315}}), ["probes-app", "target-port!"]),
    # The stop.
    "no wait": (alone(), ["no-wait"]),
    "no wait, no readiness": (alone(readinessProbe=None), ["no-wait", "no-readiness"]),
    "sleeps": (alone(**stop("sleep", "15")), ["fixed-wait"]),
    "sleeps in a shell": (alone(**stop("sh", "-c", "sleep 15 && nginx -s quit")), ["fixed-wait"]),
    "the kubelet sleeps": (alone(lifecycle={"preStop": {"sleep": {"seconds": 15}}}), ["fixed-wait"]),
    "sleeps past the grace": (alone(**stop("sleep", "30")), ["fixed-wait", "sleep-past-grace"]),
    "a hook of its own": (alone(**stop("/wait-shutdown")), []),
    "waits twice": (container(**stop("sleep", "15")), ["waits-twice"]),
    "holds and is drained": (container(**stop("/drainit", "--hold")), ["waits-twice"]),
    "hold": (alone(**stop("/drainit", "--hold")), []),
    "hold, often asked": (alone(**stop("/drainit", "--hold"), readinessProbe=dict(APP, periodSeconds=1)),
                          ["hold-probe"]),
    "a shell with more": (command("sh", "-c", "migrate; web"), ["shell!"]),
    "a shell that runs exec for others": (command("sh", "-c", "kubectl exec x; web"), ["shell!"]),
    "a shell": (command("sh", "-c", "web"), ["shell"]),
    "a shell -ec": (command("/bin/sh", "-ec", "web"), ["shell"]),
    "ash": (command("/bin/ash", "-c", "web"), ["shell"]),
    "bash by env": (command("/usr/bin/env", "bash", "-c", "web"), ["shell"]),
    "bash with options": (command("bash", "-eo", "pipefail", "-c", "web"), ["shell"]),
    "a shell in two fields": (command("sh", "-c", args=["web --port 80"]), ["shell"]),
    "exec": (command("sh", "-c", "migrate && exec web"), []),
    "exec in args": (command("sh", "-c", args=["exec web"]), []),
    "npm start": (command("npm", "start"), ["script-runner"]),
    "yarn": (command("/usr/bin/yarn", "run", "web"), ["script-runner"]),
    "an ALB": (lambda case: case.ingress(metadata={"name": "web", "annotations": ALB}), ["balancer"]),
    "an ALB, and time": (both(
        lambda case: case.ingress(metadata={"name": "web", "annotations": ALB}),
        drainit("--drain", "15s..60s"), pod(terminationGracePeriodSeconds=90)), []),
    "an ALB, closed": (both(
        lambda case: case.ingress(metadata={"name": "web", "annotations": ALB}),
        drainit("--drain", "15s..60s", "--until", "closed"), pod(terminationGracePeriodSeconds=90)),
        ["balancer"]),
    "an ALB to instances": (lambda case: case.ingress(metadata={"name": "web", "annotations": {
        "alb.ingress.kubernetes.io/target-type": "instance"}}), []),
    "an Application Gateway": (lambda case: case.ingress(
        spec=dict(INGRESS["spec"], ingressClassName="azure-application-gateway")), ["balancer"]),
    "an nginx": (lambda case: case.ingress(spec=dict(INGRESS["spec"], ingressClassName="nginx")), []),
    "an NLB": (lambda case: case.service["metadata"].update(annotations=NLB), ["balancer"]),
    "local": (service(externalTrafficPolicy="Local"), ["local-policy"]),
    "local, ready to the end": (both(
        service(externalTrafficPolicy="Local"), env(UNREADY_AFTER="end")), []),
    "local, for others": (service(externalTrafficPolicy="Local", selector={"app": "other"}), []),
    "local, elsewhere": (both(
        service(externalTrafficPolicy="Local"),
        lambda case: case.service["metadata"].update(namespace="b"),
        lambda case: case.web["metadata"].update(namespace="a")), []),
    "local, of nobody": (service(externalTrafficPolicy="Local", selector={}), []),
    # The container.
    "a worker": (lambda case: case.replace(command=["/drainit", "--", "w"]), ["worker", "target-port!"]),
    "a worker that says so": (lambda case: case.replace(
        command=["/drainit", "--drain", "0", "--", "w"]), ["target-port!"]),
    "several ports": (container(ports=[{"name": "http", "containerPort": 8080}, {"containerPort": 81}]),
                      ["many-ports"]),
    "several ports, one named": (both(drainit("--port", "8080"), container(
        ports=[{"name": "http", "containerPort": 8080}, {"containerPort": 81}])), []),
    "UDP": (container(ports=[{"name": "http", "containerPort": 8080},
                             {"containerPort": 53, "protocol": "UDP"}]), ["udp"]),
    "a node's port": (container(ports=[{"name": "http", "containerPort": 8080, "hostPort": 80}]),
                      ["host-port"]),
    "shared processes": (pod(shareProcessNamespace=True), ["shared-processes"]),
    # The workload.
    "Recreate": (spec(strategy={"type": "Recreate"}), ["recreate"]),
    "all unavailable": (spec(strategy={"rollingUpdate": {"maxUnavailable": "100%"}}), ["max-unavailable"]),
    "two of two": (spec(strategy={"rollingUpdate": {"maxUnavailable": 2}}), ["max-unavailable"]),
    "a Rollout": (both(workload("Rollout", apiVersion="argoproj.io/v1alpha1"),
                       spec(strategy={"canary": {"maxUnavailable": "100%"}})), ["max-unavailable"]),
    "a good Rollout": (both(workload("Rollout", apiVersion="argoproj.io/v1alpha1"),
                            spec(strategy={"canary": {"maxUnavailable": 0}})), []),
    "one replica": (spec(replicas=1), ["one-replica"]),
    "one replica that stays": (both(spec(replicas=1), env(UNREADY_AFTER="end")), []),
    "a blocking budget": (lambda case: case.budget.update(spec={
        "minAvailable": 2, "selector": BUDGET["spec"]["selector"]}), ["disruption-blocks"]),
    "no budget": (lambda case: case.documents.remove(case.budget), ["disruption-missing"]),
    "another's budget": (lambda case: case.budget["spec"].update(
        selector={"matchLabels": {"app": "b"}}), ["disruption-missing"]),
    "no such port name": (service(ports=[{"port": 80, "targetPort": "web"}]), ["target-port!"]),
    "no such port": (service(ports=[{"port": 80, "targetPort": 81}]), ["target-port"]),
    "a sidecar's port": (both(
        sidecar(ports=[{"name": "proxy", "containerPort": 8000}]),
        service(ports=[{"port": 80, "targetPort": "proxy"}])), []),
    "not ready": (service(publishNotReadyAddresses=True), ["not-ready-traffic!"]),
    "not ready, by name": (service(publishNotReadyAddresses=True, clusterIP="None"), ["not-ready-traffic"]),
    # Annotations.
    "silenced": (both(spec(replicas=1), lambda case: annotated(
        case, **{"drainit.lint/ignore": "one-replica"})), []),
    "silenced on the pod": (both(
        container(readinessProbe=HTTPS),
        lambda case: case.spec["template"]["metadata"].update(
            annotations={"drainit.lint/ignore": "worker,probe-protocol"})), []),
    "no such rule": (lambda case: annotated(case, **{"drainit.lint/ignore": "replica"}), ["unknown-rule"]),
    # Nobody's traffic.
    "a Job": (both(workload("Job", apiVersion="batch/v1"), command("sh", "-c", "a; b"),
                   container(readinessProbe=None, ports=None)), ["target-port!"]),
    "a CronJob": (lambda case: (case.documents.remove(case.service), case.web.update(
        kind="CronJob", spec={"jobTemplate": {"spec": {"template": {"spec": {"containers": [
            {"name": "a", "image": "a", "command": ["sh", "-c"], "args": ["a; b"],
             "ports": [{"containerPort": 80}]}]}}}}})), []),
    "metrics alone": (lambda case: (case.documents.remove(case.service), case.replace(
        ports=[{"name": "http-metrics", "containerPort": 9090}])), []),
    "an exporter": (lambda case: (case.documents.remove(case.service), case.replace(
        image="prom/mysqld-exporter", ports=[{"containerPort": 9104}])), []),
    "an Envoy beside": (lambda case: case.pod["containers"].append(
        {"name": "proxy", "image": "envoyproxy/envoy:v1", "ports": [{"containerPort": 10000}]}), []),
}


def findings(bench, text):
    """Each finding as (rule, level, object, path)."""
    done = subprocess.run([bench / "drainit", "--log", "json", "--lint"], input=text, text=True,
                          timeout=60, capture_output=True, check=False)
    assert done.stderr == "", done
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == any(one["level"] == "error" for one in found)
    return found


ALWAYS_NOTES = {"shell", "target-port", "not-ready-traffic"}


@pytest.mark.parametrize("name", TABLE)
def test_a_manifest_has_its_findings_and_no_other(bench, name):
    change, wanted = TABLE[name]
    case = Case()
    change(case)
    found = findings(bench, yaml.safe_dump_all(case.documents))
    # Of rules that have both levels an error is marked.
    assert sorted(one["rule"] + "!" * (one["rule"] in ALWAYS_NOTES and one["level"] == "error")
                  for one in found) == sorted(wanted), found


def test_a_name_twice_is_told_with_its_line(bench):
    found, = findings(bench, "kind: Pod\nmetadata: {}\nmetadata: {name: x}\nspec: {containers: [{}]}\n")
    assert (found["rule"], found["level"], found["line"]) == ("name-twice", "note", 3)


def test_every_rule_of_the_page_is_in_the_table():
    page = (ROOT / "docker/docs/lint.md").read_text()
    rules = set(re.findall(r"^\| `([a-z-]+)`", page, re.M)) - {"name-twice"}
    assert rules == {rule.rstrip("!") for _, wanted in TABLE.values() for rule in wanted}


CHARTS = sorted((ROOT / "Tests/Fixtures/manifests").glob("*.yaml"))


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.stem)
def test_charts_as_they_render_have_their_findings_and_no_other(bench, path):
    """Excerpts of widely used charts; `# finds:` in the first lines says what."""
    text = path.read_text()
    assert sorted(f"{one['level']} {one['rule']}" for one in findings(bench, text)) == sorted(
        re.findall("^# finds: (.*)$", text, re.M))
