"""--hold in the container of a box."""

import subprocess

from box import until


class Hold:
    """drainit --hold, executed in a box's namespaces as the kubelet does it."""

    def __init__(self, bench, box, *options, before=(), env=None):
        self._box = box
        self.process = subprocess.Popen(
            ["nsenter", "--target", str(box.first), "--pid", "--net", "--mount", "--", *before,
             bench / "drainit", "--hold", *options], stderr=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, cwd="/",
            env={"PATH": "/usr/bin:/bin", **(env or {})})

    def wait(self):
        """Waits for its end; returns its code, what it wrote itself, and how long the window was."""
        out, err = self.process.communicate(timeout=60)
        assert out == ""
        return self.process.returncode, err

    @property
    def pid(self):
        """The pid (outside) of drainit itself."""
        return until(lambda: self._box.named("drainit"), "--hold runs")[0]


def seconds(box):
    return float(box.log.wait_for(r"^drainit: held for ([\d.]+)s \(").group(1))
