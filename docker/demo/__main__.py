"""The rollout demonstration: rolling updates under tini and under drainit, side by side.

With `scale-out` as the first word it is that of a scale-out, with kept-alive clients. Started by
`docker/demo/run`, which installs what this needs.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import scale_picture
import scaleout
from picture import draw
from record import Record, Run, Settings

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / ".build-demo"


def options() -> tuple[argparse.Namespace, Settings]:
    normal = Settings()
    quick = Settings(delay=1.5, drain=2.5, lead=1.0)
    parser = argparse.ArgumentParser(prog="docker/demo/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute, without the sleep")
    parser.add_argument("--svg", type=Path, default=OUT / "rollout.svg", help="the picture")
    parser.add_argument("--drainit", type=Path, help="a drainit that is built already")
    for name, what in (
        ("delay", "seconds until the balancer learns of a change"),
        ("drain", "seconds of drainit's fixed window"),
        ("sleep", "seconds of the preStop hook's sleep"),
        ("rate", "requests a second"),
    ):
        value = getattr(normal, name)
        parser.add_argument(f"--{name}", type=type(value), help=f"{what} ({value:g})")
    chosen = parser.parse_args()
    settings = quick if chosen.quick else normal
    for name in ("delay", "drain", "sleep", "rate"):
        if getattr(chosen, name) is not None:
            setattr(settings, name, getattr(chosen, name))
    if not (0 <= settings.delay <= 30 and 0 < settings.drain <= 60 and 0 <= settings.sleep <= 60):
        parser.error("a delay is at most 30 s, a window or sleep at most 60 s")
    if chosen.drainit and not os.access(chosen.drainit, os.X_OK):
        parser.error(f"{chosen.drainit} is not a program")
    if not 10 <= settings.rate <= 1000:
        parser.error("a rate is 10 to 1000 requests a second")
    return chosen, settings


def build() -> Path:
    print("building drainit", flush=True)
    subprocess.run([ROOT / "docker" / "build.sh", OUT], check=True)
    return OUT / "drainit"


def in_namespaces(command: list[str]) -> int:
    """Runs it with networks, processes and mounts of its own: when it has ended, however it
    ended, nothing of what it made is left, because the kernel takes all of it away."""
    isolate = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--pid", "--fork"]
    isolate += ["--kill-child", "--mount", "--mount-proc"]
    if os.geteuid() != 0:
        isolate.append("--map-root-user")
    process = subprocess.Popen([*isolate, "--", *command])

    # unshare itself ignores SIGTERM and SIGINT while it waits; a terminal's Ctrl-C also reaches
    # the command, but a `kill` of us would not.
    def end(number: int, _: object) -> None:
        process.kill()
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return process.wait()


def report(record: Record) -> None:
    width = max(len(run.name) for run in record.runs)
    print(f"\n{'':{width}}  requests  failed  answered late  rollout")
    for run in record.runs:
        failed = Counter(request.outcome for request in run.failed)
        kinds = ", ".join(f"{count} x {outcome}" for outcome, count in failed.most_common())
        print(
            f"{run.name:{width}}  {len(run.requests):8,}  {len(run.failed):6,}  "
            f"{len(run.late()):13,}  {run.took:5.1f} s  {kinds}"
        )
    print("answered late: sent after the replica that answered them had been told to stop\n")


def wrong(run: Run) -> str:
    """Why a run does not show what it must; empty if it does."""
    if run.must == "lose" and not run.failed:
        return f"{run.name}: no request failed, so the demonstration shows nothing"
    if run.must == "keep" and run.failed:
        return f"{run.name}: {run.headline}"
    if run.must == "keep" and not run.late():
        return f"{run.name}: no request came late, so the demonstration shows nothing"
    if any(replica.exit_code for replica in run.replicas):
        return f"{run.name}: a replica did not exit with 0"
    return ""


def scale_out(words: list[str]) -> int:
    """Kept connections and new pods, without an age and with one."""
    parser = argparse.ArgumentParser(prog="docker/demo/run scale-out", description=scale_out.__doc__)
    parser.add_argument("--svg", type=Path, default=OUT / "scale-out.svg", help="the picture")
    parser.add_argument("--drainit", type=Path, help="a drainit that is built already")
    parser.add_argument("--age", type=int, default=5, help="seconds that a connection lives, to twice as many (5)")
    chosen = parser.parse_args(words)
    OUT.mkdir(exist_ok=True)
    scale = scaleout.Scale(age=chosen.age, drainit=str((chosen.drainit or build()).resolve()))
    path = OUT / "scale-out.json"  # scale_picture.py draws it again
    code = in_namespaces([sys.executable, str(HERE / "scaleout.py"), json.dumps(asdict(scale)), str(path)])
    if code != 0:
        return code
    scale, runs = scaleout.read(path)
    chosen.svg.write_text(scale_picture.draw(scale, runs))
    print(f"the picture: {chosen.svg}")
    kept, aged = runs
    shows = not kept.share(10) and aged.share(10) >= 1 / 3 and not kept.failed + aged.failed
    return 0 if shows else 1


def main() -> int:
    if sys.argv[1:2] == ["scale-out"]:
        return scale_out(sys.argv[2:])
    chosen, settings = options()
    settings.drainit = str((chosen.drainit or build()).resolve())
    OUT.mkdir(exist_ok=True)
    path = OUT / "rollout.json"  # picture.py draws it again
    command = [sys.executable, str(HERE / "rollout.py"), json.dumps(asdict(settings)), str(path)]
    code = in_namespaces([*command, *(["--quick"] if chosen.quick else [])])
    if code != 0:
        return code
    record = Record.read(path)
    chosen.svg.write_text(draw(record))
    report(record)
    print(f"the picture: {chosen.svg}")
    faults = [fault for run in record.runs if (fault := wrong(run))]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
