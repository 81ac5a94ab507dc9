"""What a demonstration is asked to do and what it saw: the data that its parts hand on as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Settings:
    """All times in seconds."""

    delay: float = 3.0  # until the balancer learns of a change
    rate: int = 200  # requests a second, all clients together
    drain: float = 5.0  # drainit's fixed window
    sleep: float = 15.0  # the preStop hook's; a usual guess
    lead: float = 2.0  # requests before and after the rollout
    drainit: str = ""  # the binary


@dataclass
class Request:
    at: float  # seconds since the run began
    took: float
    kept: bool  # sent on a kept-alive connection
    outcome: str  # "ok", or what the client saw instead
    replica: str  # who answered; "" where nobody did

    @property
    def ok(self) -> bool:
        return self.outcome == "ok"


@dataclass
class Replica:
    """One replica's life, in seconds since the run began; None for what has not happened."""

    name: str
    created: float
    ready: float | None = None
    added: float | None = None  # the balancer has learnt of it
    told: float | None = None  # the platform deleted it: SIGTERM, or the preStop hook's begin
    stopping: float | None = None  # the app has got its stop signal and closed its port
    gone: float | None = None
    removed: float | None = None  # the balancer has learnt that it leaves
    exit_code: int | None = None


@dataclass
class Run:
    """One rolling update under one init."""

    name: str
    caption: str
    must: str  # "lose": without it the demonstration shows nothing; "keep": not one may fail
    started: float  # of the rollout
    ended: float = 0.0
    length: float = 0.0  # of the whole run
    replicas: list[Replica] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @property
    def failed(self) -> list[Request]:
        return [request for request in self.requests if not request.ok]

    @property
    def headline(self) -> str:
        return f"{len(self.failed):,} of {len(self.requests):,} requests failed"

    @property
    def took(self) -> float:
        """How long the rollout itself was, in seconds."""
        return self.ended - self.started

    def late(self) -> list[Request]:
        """Requests that a replica answered after the platform had told it to stop."""
        told = {replica.name: replica.told for replica in self.replicas}
        return [
            request
            for request in self.requests
            if request.ok and (end := told.get(request.replica)) is not None and request.at > end
        ]


@dataclass
class Record:
    settings: Settings
    runs: list[Run] = field(default_factory=list)

    def saved(self, run: Run) -> float:
        """How much shorter its rollout was than the longest that lost nothing, in seconds."""
        return max((r.took for r in self.runs if not r.failed), default=0.0) - run.took

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @staticmethod
    def read(path: Path) -> Record:
        raw = json.loads(path.read_text())
        runs = []
        for run in raw["runs"]:
            run["replicas"] = [Replica(**replica) for replica in run["replicas"]]
            run["requests"] = [Request(**request) for request in run["requests"]]
            runs.append(Run(**run))
        return Record(Settings(**raw["settings"]), runs)
