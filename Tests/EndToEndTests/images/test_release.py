"""The release's papers: an SBOM that names what is linked in, and the binary by its hash."""

import hashlib
import json
import subprocess

import conftest
from conftest import ROOT

SBOM = ROOT / "docker" / "sbom.py"


def sbom():
    done = subprocess.run(["/usr/bin/python3", SBOM, conftest.binary(), "x86_64"],
                          capture_output=True, text=True, check=True)
    return done.stdout


def test_the_sbom_names_the_binary_by_its_hash_and_what_is_in_it():
    document = json.loads(sbom())
    file = document["files"][0]
    hashes = {item["algorithm"]: item["checksumValue"] for item in file["checksums"]}
    content = conftest.binary().read_bytes()
    assert hashes == {"SHA1": hashlib.sha1(content).hexdigest(),
                      "SHA256": hashlib.sha256(content).hexdigest()}
    names = {package["name"]: package for package in document["packages"]}
    assert set(names) == {"drainit", "musl", "swift-stdlib"}
    assert all(package["versionInfo"] for package in names.values())
    known = {"SPDXRef-DOCUMENT", "SPDXRef-binary"} | {one["SPDXID"] for one in names.values()}
    for relation in document["relationships"]:
        assert {relation["spdxElementId"], relation["relatedSpdxElement"]} <= known


def test_the_sbom_is_the_same_each_time():
    assert sbom() == sbom()
