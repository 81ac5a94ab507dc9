"""The Debian package: the same bytes each time, nothing that lintian calls an error, installed and run."""

import hashlib
import shutil
import subprocess

import pytest

import conftest
import probing
from conftest import ROOT
from machine import make_image
from podman import Podman

# dpkg writes into /usr: an overlay takes that, and goes with the container.
WRITABLE = ("--volume", "/usr:/usr:O", "--tmpfs", "/var/lib:mode=755")
INSTALL = ("mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates && : >/var/lib/dpkg/status && "
           "dpkg --install /drainit.deb >/dev/null")
HERE = ("/usr/bin/drainit", "/usr/share/doc/drainit", "/usr/share/man/man1/drainit.1.gz",
        "/usr/share/lintian/overrides/drainit")


def make(folder):
    """The package of the binary under test, made of a copy of it elsewhere."""
    folder.mkdir()
    binary = folder / "built"
    shutil.copy(conftest.binary(), binary)
    page = subprocess.run([ROOT / "docker/man", binary], capture_output=True, check=True).stdout
    (folder / "page").write_bytes(page)
    subprocess.run([ROOT / "docker/deb", binary, "amd64", folder / "page", folder], check=True,
                   capture_output=True)
    package, = folder.glob("drainit_*_amd64.deb")
    return package


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return make(tmp_path_factory.mktemp("package") / "one")


@pytest.fixture(scope="module")
def podman(package, bench):
    engine = Podman()
    make_image(engine, "localhost/debian")
    shutil.copy(package, package.parent / "drainit.deb")
    engine.build("package", ["FROM localhost/debian", "COPY drainit.deb /drainit.deb",
                             "COPY web /web"],
                 [package.parent / "drainit.deb", bench / "web"])
    yield engine
    engine.close()


def test_it_is_the_same_each_time(package, place):
    assert make(place / "other").read_bytes() == package.read_bytes()


def test_lintian_has_no_error(package):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", package], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not [line for line in done.stdout.splitlines() if line.startswith("E:")]


def test_its_sums_are_those_of_its_files(package, place):
    subprocess.run(["dpkg-deb", "--raw-extract", package, place / "root"], check=True)
    subprocess.run(["md5sum", "--check", "--quiet", "DEBIAN/md5sums"], cwd=place / "root", check=True)
    binary = (place / "root/usr/bin/drainit").read_bytes()
    assert hashlib.sha256(binary).digest() == hashlib.sha256(conftest.binary().read_bytes()).digest()
    assert (place / "root/usr/bin/drainit").stat().st_mode & 0o7777 == 0o755


def test_it_is_installed_and_is_the_first_process(podman):
    container = podman.run("package", "/bin/sh", "-c", f"{INSTALL} && exec drainit -- /web 8080",
                           options=(*WRITABLE, "--env", "DRAINIT_DRAIN=1s"))
    probing.wait_until_ready(container)
    container.stop(25)
    assert container.wait() == 0, container.log.text()
    assert container.log.matching("^drainit: drained in ")


def test_it_is_removed_without_a_trace(podman):
    look = "; ".join(f"test {{}} -e {path} || echo {path}" for path in HERE)
    script = (f"{INSTALL}; {look.replace('{}', '')}; dpkg --purge drainit >/dev/null; "
              f"{look.replace('{}', '!')}; test ! -s /var/lib/dpkg/info/drainit.list || echo list; echo done")
    container = podman.run("package", "/bin/sh", "-c", script, options=WRITABLE)
    assert container.wait() == 0, container.log.text()
    assert container.out.all() == ["done"], container.log.text()
