"""This machine as a base image: what Debian's packages put into /usr, and no registry asked."""

import pathlib
import shutil
import tarfile
import tempfile

#: What has to be mounted where an image of this kind is built or run.
VOLUME = ("--volume", "/usr:/usr:ro")

_MERGED = ("bin", "sbin", "lib", "lib32", "lib64")
_FROM_ETC = ("passwd", "group", "ld.so.cache", "alternatives", "debian_version", "java-17-openjdk")


def make_image(podman, tag, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"):
    """Makes an image of a root with Debian's links into /usr, and an empty /usr."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "root"
        for name in ("usr", "etc", "proc", "sys", "dev", "root", "tmp", "var/tmp", "var/log"):
            (root / name).mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        for name in _MERGED:
            (root / name).symlink_to(f"usr/{name}")
        for source in (pathlib.Path("/etc") / name for name in _FROM_ETC):
            if source.is_dir():
                shutil.copytree(source, root / "etc" / source.name, symlinks=True)
            elif source.exists():
                shutil.copy(source, root / "etc" / source.name)
        archive = pathlib.Path(folder) / "root.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(root, arcname=".")
        podman.call("import", "--change", f"ENV PATH={path}", archive, tag)
