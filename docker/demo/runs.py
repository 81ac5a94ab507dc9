"""The runs of the demonstration, in the order of the picture. A new one is one more entry."""

from __future__ import annotations

from dataclasses import dataclass

from node import APP_PORT
from record import Settings

READYZ_PORT = 14315  # drainit's default


@dataclass(frozen=True)
class Plan:
    name: str
    caption: str
    init: list[str]  # the words before the app's
    ready: tuple[int, str]  # what the kubelet probes: port and path
    must: str  # "lose" or "keep", see record.Run
    quick: bool = True  # also in a --quick run
    prestop: float = 0.0  # seconds that the kubelet waits in the hook before it sends SIGTERM
    window: float = 0.0  # the longest that the init holds SIGTERM back


def plans(settings: Settings) -> list[Plan]:
    app = (APP_PORT, "/")
    readyz = (READYZ_PORT, "/readyz")
    delay, drain, sleep = (f"{x:g} s" for x in (settings.delay, settings.drain, settings.sleep))
    return [
        Plan(
            name="tini",
            caption=f"The app gets SIGTERM at once and closes its port. "
            f"For {delay} more the balancer sends it requests.",
            init=["tini-static", "--"],
            ready=app,
            must="lose",
        ),
        Plan(
            name=f"tini and preStop: sleep {settings.sleep:g}",
            caption=f"The usual remedy with a usual guess: nothing is lost, every stop waits {sleep}.",
            init=["tini-static", "--"],
            ready=app,
            must="keep",
            quick=False,
            prestop=settings.sleep,
        ),
        Plan(
            name=f"drainit --drain {settings.drain:g}s",
            caption=f"drainit holds SIGTERM back for {drain}; the app answers what still arrives.",
            init=[settings.drainit, "--drain", f"{settings.drain:g}s", "--"],
            ready=readyz,
            must="keep",
            window=settings.drain,
        ),
        Plan(
            name="drainit --drain 4s..15s",
            caption="drainit watches the arrivals and ends the window when they have stopped: "
            "no delay was guessed.",
            init=[settings.drainit, "--drain", "4s..15s", "--"],
            ready=readyz,
            must="keep",
            quick=False,
            window=15,
        ),
    ]
