"""Draws a scale-out: each run a panel, the load of every pod stacked over one time axis.

To draw one again: python3 docker/demo/scale_picture.py RECORD.json PICTURE.svg
"""

from __future__ import annotations

import sys
from pathlib import Path

from scaleout import Growth, Scale, read
from svg import Drawing, Palette

WIDTH = 1280
LEFT, RIGHT = 108, 1240  # of the time axis
MARGIN = 40
HEADER = 108
AREA = 150  # height of the load
HEAD = 70  # a panel's headline and caption
PANEL = HEAD + AREA + 34
LEGEND = 60
SLOT = 0.5  # seconds

TITLE = "What a scale-out gives the new pods"
INK = Palette()


class Picture:
    def __init__(self, scale: Scale, runs: list[Growth]) -> None:
        self.scale = scale
        self.runs = runs
        self.seconds = max(run.length for run in runs)
        self.bottom = HEADER + len(runs) * PANEL - 26
        title = [TITLE, *(f"{run.name}: {run.headline}." for run in runs)]
        self.drawing = Drawing(WIDTH, self.bottom + 34 + LEGEND, " ".join(title))
        self.rate = scale.clients / scale.every

    def x(self, seconds: float) -> float:
        return LEFT + (RIGHT - LEFT) * seconds / self.seconds

    def draw(self) -> str:
        draw, scale = self.drawing, self.scale
        draw.words(MARGIN, 54, TITLE, INK.ink, 28, weight=650)
        draw.words(
            MARGIN,
            82,
            f"{scale.pods} pods become {2 * scale.pods} while {scale.clients} clients that keep their connections send "
            f"{self.rate:g} requests a second. The balancer works on connections.",
            INK.quiet,
            15,
        )
        for number, run in enumerate(self.runs):
            self.panel(run, HEADER + number * PANEL)
        self.axis()
        self.legend(self.bottom + 62)
        return draw.text()

    def panel(self, run: Growth, top: float) -> None:
        draw = self.drawing
        draw.line(MARGIN, top, RIGHT, top, INK.rule)
        good = not run.failed and run.share(10) >= 1 / 3
        draw.headline(MARGIN, top + 29, run.name, run.headline, INK.ink, INK.draining if good else INK.failed)
        draw.words(MARGIN, top + 49, run.caption, INK.quiet, 13.5)
        top += HEAD
        base = top + AREA
        feet = [base] * int(run.length / SLOT)
        # The old ones lie below; a thin line of paper parts one pod from the next.
        for kind, color in (("old", INK.serving), ("new", INK.draining)):
            for number in range(self.scale.pods):
                self.layer(run, feet, f"{kind}-{number + 1}", color)
        self.lost(run, feet)
        draw.line(LEFT, base, self.x(run.length), base, INK.rule)
        level = base - AREA * 0.9
        draw.words(LEFT - 10, level + 4, f"{self.rate:g}/s", INK.quiet, 12, anchor="end")
        draw.words(LEFT - 10, base, "0", INK.quiet, 12, anchor="end")
        self.mark(self.x(run.added), top, base)

    def layer(self, run: Growth, feet: list[float], replica: str, color: str) -> None:
        counts = slots(run, replica)
        shape = []
        for number, count in enumerate(counts):
            if not count:
                continue
            height = self.height(count)
            left, right = self.x(number * SLOT), self.x((number + 1) * SLOT)
            shape.append(f"M{left:.1f} {feet[number]:.1f}V{feet[number] - height + 0.8:.1f}H{right + 0.2:.1f}"
                         f"V{feet[number]:.1f}z")
            feet[number] -= height
        self.drawing.path("".join(shape), color)

    def lost(self, run: Growth, feet: list[float]) -> None:
        for number, count in enumerate(slots(run, None)):
            if count:
                height = self.height(count)
                self.drawing.band(self.x(number * SLOT), feet[number] - height, self.x(SLOT) - self.x(0), height,
                                  INK.failed)

    def height(self, count: int) -> float:
        return AREA * 0.9 * count / (self.rate * SLOT)

    def mark(self, x: float, top: float, base: float) -> None:
        self.drawing.line(x, top, x, base, INK.ink, dash="2 3")
        self.drawing.path(f"M{x - 4:.1f} {top - 5:.1f}h8l-4 6z", INK.ink)

    def axis(self) -> None:
        y = self.bottom
        self.drawing.line(LEFT, y, RIGHT, y, INK.quiet)
        for second in range(0, int(self.seconds) + 1, 5):
            self.drawing.line(self.x(second), y, self.x(second), y + 5, INK.quiet)
            self.drawing.words(self.x(second), y + 20, f"{second} s" if second else "0", INK.quiet, 12, anchor="middle")

    def legend(self, top: float) -> None:
        draw, first = self.drawing, LEFT + 12
        draw.words(MARGIN, top, "Answered by", INK.ink, 13, weight=600)
        for x, color, text in ((first + 20, INK.serving, "the old pods"), (first + 160, INK.draining, "the new pods"),
                               (first + 300, INK.failed, "nobody")):
            draw.band(x, top - 10, 20, 11, color)
            draw.words(x + 28, top, text, INK.quiet, 13)
        self.mark(first + 420, top - 10, top + 4)
        draw.words(first + 434, top, "the balancer knows the new pods", INK.quiet, 13)


def slots(run: Growth, replica: str | None) -> list[int]:
    """For each slot how many requests began in it that this pod answered, or nobody."""
    counts = [0] * int(run.length / SLOT)
    for at, ok, who in run.requests:
        # What is left at the end is no whole slot.
        if at < len(counts) * SLOT and ((ok and who == replica) or (replica is None and not ok)):
            counts[int(at / SLOT)] += 1
    return counts


def draw(scale: Scale, runs: list[Growth]) -> str:
    return Picture(scale, runs).draw()


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(draw(*read(Path(sys.argv[1]))))
