"""The manifests render, are valid by the published schemas, and their numbers fit together."""

import fcntl
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest
import yaml

import probing
import released
from box import until
from conftest import ROOT
from podman import Podman
from traffic import Traffic

KUBERNETES = ROOT / "docker" / "kubernetes"
KUSTOMIZE = next((words for words in (["kubectl", "kustomize"], ["kustomize", "build"])
                  if shutil.which(words[0])), None)
OVERLAYS = sorted(str(path.parent.relative_to(KUBERNETES))
                  for path in KUBERNETES.rglob("kustomization.yaml")
                  if "kind: Kustomization" in path.read_text())
# What the kubelet sets.
NAMED = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "NODE_IP": "10.0.0.2", "POD_IP": "10.0.0.3",
         "POD_NAME": "web-1"}
VALIDATOR = "kubernetes-validate==1.37.0"


@pytest.fixture(scope="session")
def validate(tmp_path_factory):
    """Asserts that a YAML text is valid, by the schemas that the validator carries with it."""
    home = ROOT / ".build-validate"
    home.mkdir(exist_ok=True)
    with open(home / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "bin" / "kubernetes-validate").exists():
            subprocess.run(["/usr/bin/python3", "-m", "venv", home], check=True)
            subprocess.run([home / "bin" / "pip", "install", "--quiet", VALIDATOR], check=True)

    def check(text):
        path = tmp_path_factory.mktemp("manifest") / "manifest.yaml"
        path.write_text(text)
        done = subprocess.run([home / "bin" / "kubernetes-validate", "--strict", path],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return check


def render(folder):
    if KUSTOMIZE is None:
        pytest.skip("neither kubectl nor kustomize is here, and Debian's kubectl has no components")
    done = subprocess.run([*KUSTOMIZE, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def wrapped(manifests):
    """Every container that drainit is in: (pod spec, container, its DRAINIT_ settings)."""
    for manifest in manifests:
        spec = manifest.get("spec", {})
        pod = spec.get("template", {}).get("spec") or (spec if "containers" in spec else None)
        for container in (pod or {}).get("containers", []):
            # The kubelet fills in $(NAME).
            settings = {
                item["name"]: re.sub(r"\$\((\w+)\)", lambda name: NAMED[name.group(1)],
                                     item.get("value", ""))
                for item in container.get("env", []) if item["name"].startswith("DRAINIT_")}
            if settings or "/opt/drainit/drainit" in container.get("command", []):
                yield pod, container, settings


def assert_fits(bench, text):
    """The plan fits into the grace that the pod has, and the probes ask the port it listens on."""
    found = list(wrapped(yaml.safe_load_all(text)))
    ports = set()
    for pod, container, settings in found:
        # Where a component does not know the grace it is told none, and has to fit into the pod's.
        grace = f"{pod.get('terminationGracePeriodSeconds', 30)}s"
        assert settings.get("DRAINIT_GRACE", grace) == grace
        done = subprocess.run(
            [bench / "drainit", "--plan", "--grace", grace, "--", *container["args"]], text=True,
            check=False, env={**NAMED, **settings}, capture_output=True)
        assert done.returncode == 0, done.stderr
        listen = int(settings.get("DRAINIT_LISTEN", "14315").rpartition(":")[2])
        names = {port.get("name"): port["containerPort"] for port in container.get("ports", [])}
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            if kind in container:
                port = container[kind]["httpGet"]["port"]
                assert names.get(port, port) == listen
        assert "readinessProbe" in container and listen not in ports
        ports.add(listen)
    return len(found)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_it_renders_to_is_valid_and_fits(bench, validate, overlay):
    text = render(KUBERNETES / overlay)
    validate(text)
    done = subprocess.run([bench / "drainit", "--lint"], input=text, text=True, capture_output=True,
                          check=False)
    assert (done.returncode, done.stdout) == (0, ""), done
    assert assert_fits(bench, text) == (2 if overlay == "example" else 1)


PLAIN = [*sorted((KUBERNETES / "base").glob("[!k]*.yaml")), KUBERNETES / "example/deployment.yaml",
         KUBERNETES / "sidecar.yaml",
         ROOT / "docker/examples/pod/pod.yaml"]


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.name)
def test_a_plain_manifest_is_valid(bench, validate, path):
    validate(path.read_text())
    assert_fits(bench, path.read_text())


def test_the_manifest_of_hold_is_valid_and_its_command_is_a_window(bench, validate, start):
    text = (KUBERNETES / "hold.yaml").read_text()
    validate(text)
    manifest = yaml.safe_load(text)
    done = subprocess.run([bench / "drainit", "--lint"], input=text, text=True, capture_output=True,
                          check=False)
    assert (done.returncode, done.stdout) == (0, ""), done
    pod = manifest["spec"]["template"]["spec"]
    container, = pod["containers"]
    program, *words = container["lifecycle"]["preStop"]["exec"]["command"]
    assert program == pod["initContainers"][0]["args"][1]
    # As the manifest has it, but short.
    words[words.index("--drain") + 1] = "100ms..200ms"
    app = start([bench / "web", str(container["ports"][0]["containerPort"])])
    app.out.wait_for("listening")
    done = app.run_inside(bench / "drainit", *words)
    assert done.returncode == 0, done.stderr
    app.log.wait_for("^drainit: held for")


def test_an_image_volume_takes_the_place_of_the_init_container(validate, tmp_path):
    shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    kustomization = tmp_path / "kubernetes/example/kustomization.yaml"
    kustomization.write_text(kustomization.read_text().replace(
        "../wrap-second]", "../wrap-second, ../wrap-by-image-volume]"))
    text = render(tmp_path / "kubernetes/example")
    validate(text)
    pod = yaml.safe_load(text)["spec"]["template"]["spec"]
    assert not pod.get("initContainers")
    assert pod["volumes"] == [
        {"name": "drainit", "image": {"reference": "drainit", "pullPolicy": "IfNotPresent"}}]


@pytest.mark.parametrize("grace", [None, 90])
def test_a_component_leaves_the_grace_as_it_is(bench, tmp_path, grace):
    shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    path = tmp_path / "kubernetes/example/deployment.yaml"
    manifest = yaml.safe_load(path.read_text())
    if grace:
        manifest["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = grace
    path.write_text(yaml.safe_dump(manifest))
    text = render(tmp_path / "kubernetes/example")
    pod = yaml.safe_load(text)["spec"]["template"]["spec"]
    assert pod.get("terminationGracePeriodSeconds") == grace
    # Nor is drainit told a smaller one, at which it would kill the app.
    assert [settings.get("DRAINIT_GRACE") for *_, settings in wrapped([yaml.safe_load(text)])] == [None, None]
    assert assert_fits(bench, text) == 2


def every(path):
    return [probe["periodSeconds"] for text in yaml.safe_load_all(path.read_text())
            for container in text["spec"].get("template", text)["spec"]["containers"]
            if (probe := container.get("readinessProbe"))]


@pytest.mark.parametrize("path", [KUBERNETES / "base/deployment.yaml", KUBERNETES / "hold.yaml",
                                  ROOT / "docker/examples/pod/pod.yaml"], ids=lambda path: path.name)
def test_the_kubelet_asks_every_two_seconds(path):
    assert set(every(path)) == {2}


def test_a_sidecar_under_drainit_has_no_window_of_its_own(bench):
    pod = yaml.safe_load((KUBERNETES / "sidecar.yaml").read_text())["spec"]["template"]["spec"]
    sidecar, = [one for one in pod["initContainers"] if one.get("restartPolicy") == "Always"]
    settings = {item["name"]: item["value"] for item in sidecar["env"]}
    plan = subprocess.run([bench / "drainit", "--plan", "--", *sidecar["args"]], text=True, check=True,
                          env={**NAMED, **settings}, capture_output=True).stdout
    assert re.search(r"^  \+0s +that signal to the app", plan, re.M), plan


@pytest.mark.parametrize("is_ignored", [True, False], ids=["as it is", "without --ignore"])
def test_the_probe_of_hold_does_not_hold_its_window(bench, start, is_ignored):
    container, = yaml.safe_load((KUBERNETES / "hold.yaml").read_text())["spec"]["template"]["spec"]["containers"]
    _, *words = container["lifecycle"]["preStop"]["exec"]["command"]
    if not is_ignored:
        place = words.index("--ignore")
        del words[place:place + 2]
    _, *probe = container["readinessProbe"]["exec"]["command"]
    app = start([bench / "web", str(container["ports"][0]["containerPort"])])
    app.out.wait_for("listening")
    done = []
    asking = threading.Thread(target=lambda: done.append(app.run_inside(bench / "drainit", *words)))
    # Where clients are: not on the loopback addresses, which the probe has.
    client = "10.9.0.1"
    app.run_inside("ip", "address", "add", f"{client}/32", "dev", "lo")
    with Traffic(app) as traffic:
        asking.start()
        app.log.wait_for("holding for")
        traffic.requests(30, source=client, to=client, ends=time.monotonic() + 1)
        while asking.is_alive():
            app.run_inside(bench / "drainit", *probe)
            time.sleep(1)
    assert done[0].returncode == 0, done[0].stderr
    app.log.wait_for("^drainit: held for .*quiet" if is_ignored else "^drainit: held for .*max")


def test_what_the_component_renders_to_runs(bench, place):
    pod = yaml.safe_load(render(KUBERNETES / "example"))["spec"]["template"]["spec"]
    podman = Podman()
    try:
        podman.build("drainit", ["FROM scratch", "COPY drainit /drainit", 'ENTRYPOINT ["/drainit"]'],
                     [bench / "drainit"])
        podman.build("web", ["FROM scratch", "COPY web /web", 'ENTRYPOINT ["/nothing"]'],
                     [bench / "web"])
        install = pod["initContainers"][0]
        mount = ("--volume", f"{place}:{install['volumeMounts'][0]['mountPath']}", "--read-only")
        first = podman.run(install["image"], *install["args"], options=mount)
        assert first.wait() == 0, first.log.text()
        running = []
        for container in pod["containers"]:
            settings = [f"--env={item['name']}={item['value']}" for item in container["env"]]
            network = f"container:{running[0][0].name}" if running else "none"
            entry, *rest = container["command"]
            made = podman.run(container["image"], *rest, *container["args"], network=network, options=(
                *mount, *settings, "--entrypoint", entry, "--env", "DRAINIT_DRAIN=1s"))
            port = container["readinessProbe"]["httpGet"]["port"]
            probing.wait_until_ready(made, port)
            running.append((made, port))
        for made, _ in reversed(running):
            made.stop(30)
            assert made.wait() == 0, made.log.text()
            assert made.log.matching("^drainit: drained in [1-9]"), made.log.text()
    finally:
        podman.close()


def port_named(pod, name):
    """As the endpoint slice controller looks for it: the containers first, then the sidecars."""
    sidecars = [c for c in pod["initContainers"] if c.get("restartPolicy") == "Always"]
    return next(port["containerPort"] for container in [*pod["containers"], *sidecars]
                for port in container.get("ports", []) if port["name"] == name)


@pytest.mark.parametrize("proxy", ["haproxy", "envoy"])
def test_a_proxy_takes_the_services_port_and_says_goodbye(start, bench, place, proxy):
    manifests = {one["kind"]: one for one in yaml.safe_load_all(render(KUBERNETES / "variants" / proxy))
                 if one["metadata"]["name"] != "drainit-envoy-settings"}
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    app, = pod["containers"]
    sidecar, = pod["initContainers"]
    target = manifests["Service"]["spec"]["ports"][0]["targetPort"]
    front, back = port_named(pod, target), app["ports"][0]["containerPort"]
    # As it is rendered, but for where the image has its program, and where the volume would be.
    program = [] if proxy == "haproxy" else [released.envoy()]
    assert sidecar.get("command") == (["/usr/local/bin/envoy"] if program else None)
    volume, = [volume for volume in pod["volumes"] if volume["name"] == sidecar["volumeMounts"][0]["name"]]
    assert volume["configMap"]["name"] == manifests["ConfigMap"]["metadata"]["name"]
    name, text = next(iter(manifests["ConfigMap"]["data"].items()))
    (place / name).write_text(text)
    mounted = f"{sidecar['volumeMounts'][0]['mountPath']}/{name}"
    assert mounted in sidecar["args"]
    first = start([*program, *(place / name if word == mounted else word for word in sidecar["args"])])
    until(lambda: first.can_connect(sidecar["ports"][0]["containerPort"]), "the proxy listens")
    settings = {item["name"]: item["value"] for item in app["env"]}
    box = start([bench / "drainit", "--drain", "3s", "--", bench / "web", back],
                env=settings, network=f"/proc/{first.first}/ns/net")
    probing.wait_until_ready(box)
    # HAProxy asks drainit ten times a second.
    until(lambda: not is_last_answer(first, front), "answers end no connection", 2)
    with first.connect(front) as kept:
        assert not any(ask(kept).fields.get("connection") == "close" for _ in range(10))
        box.signal(signal.SIGTERM)
        until(lambda: ask(kept).fields.get("connection") == "close", "an answer ends the connection", 2)
    assert is_last_answer(first, front)
    with first.connect(front) as idle:
        assert box.wait() == 0, box.log.text()
        # A connection that was never told ends as it would without a proxy; Envoy has no word for that.
        idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(12) == (b"HTTP/1.1 503" if program else b"")


def is_last_answer(box, port):
    """Whether an answer on a new connection ends it."""
    with box.connect(port) as new:
        return ask(new).fields.get("connection") == "close"


def ask(connection):
    """One answer on a connection that is kept."""
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    got = b""
    while not got.endswith(b"ok\n"):
        piece = connection.recv(4096)
        assert piece, got
        got += piece
    return probing.Answer(got)
