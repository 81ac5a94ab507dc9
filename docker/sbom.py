"""Prints what a built drainit consists of, as SPDX 2.3 JSON: docker/sbom.py BINARY x86_64|aarch64."""

import datetime
import hashlib
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEBIAN = {"x86_64": "amd64", "aarch64": "arm64"}


def output(*words):
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def debian_version(package):
    """The installed version of a Debian package; an SBOM that guesses is none."""
    found = output("dpkg-query", "--show", "--showformat=${Version}", package)
    if not found:
        sys.exit(f"docker/sbom.py: {package} is not installed: what was linked?")
    return found


def swift_version():
    return re.search(r"Swift version (\S+)", output("swift", "--version")).group(1)


def when():
    """The commit's time: the same sources give the same file. Without a history the epoch."""
    seconds = output("git", "log", "-1", "--format=%ct") or "0"
    return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def package(name, version, license_, supplier, purl):
    made = {"SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": version,
            "supplier": supplier, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
            "licenseConcluded": license_, "licenseDeclared": license_, "copyrightText": "NOASSERTION"}
    if purl:
        made["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                 "referenceLocator": purl}]
    return made


def linked(arch):
    """What is linked into the binary beside its own sources."""
    debian = DEBIAN[arch]
    musl = debian_version(f"musl-dev:{debian}")
    yield package("musl", musl, "MIT", "Organization: Debian",
                  f"pkg:deb/debian/musl-dev@{musl}?arch={debian}")
    yield package("swift-stdlib", swift_version(), "Apache-2.0 WITH Swift-exception",
                  "Organization: Swift.org", None)
    if arch == "aarch64":
        gcc = debian_version("libgcc-12-dev-arm64-cross")
        yield package("libgcc", gcc, "GPL-3.0-or-later WITH GCC-exception-3.1",
                      "Organization: Debian", f"pkg:deb/debian/libgcc-12-dev-arm64-cross@{gcc}")


def document(binary, arch):
    content = binary.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    version = re.search(r'text: StaticString \{ "([^"]+)" \}',
                        (ROOT / "Sources/DrainCore/Bytes/Version.swift").read_text()).group(1)
    own = package("drainit", version, "NOASSERTION", "NOASSERTION", None)
    parts = list(linked(arch))
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": binary.name,
        "documentNamespace": f"https://spdx.org/spdxdocs/{binary.name}-{version}-{sha256}",
        "creationInfo": {"created": when(), "creators": [f"Tool: drainit-sbom-{version}"]},
        "packages": [own, *parts],
        "files": [{
            "SPDXID": "SPDXRef-binary", "fileName": f"./{binary.name}", "fileTypes": ["BINARY"],
            "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(content).hexdigest()},
                          {"algorithm": "SHA256", "checksumValue": sha256}],
            "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION"}],
        "relationships": [
            relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-binary"),
            relation("SPDXRef-binary", "GENERATED_FROM", "SPDXRef-drainit"),
            *(relation("SPDXRef-binary", "STATIC_LINK", part["SPDXID"]) for part in parts)],
    }


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


if __name__ == "__main__":
    print(json.dumps(document(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]), indent=2))
