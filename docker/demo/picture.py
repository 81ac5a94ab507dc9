"""Draws a record: each run a panel, requests as bars, replicas as bands, one time axis for all.

To draw one again: python3 docker/demo/picture.py RECORD.json PICTURE.svg
"""

from __future__ import annotations

import sys
from pathlib import Path

from record import Record, Replica, Run
from svg import Drawing, Palette

WIDTH = 1280
LEFT, RIGHT = 108, 1240  # of the time axis
MARGIN = 40
HEADER = 108
BARS = 72  # height of the bars at their highest
LANE, LANE_GAP = 9, 3
HEAD = 70  # a panel's headline and caption
PANEL_GAP = 26
LEGEND = 96
SLOT = 0.1  # seconds a bar

TITLE = "What a rolling update loses"
INK = Palette()


class Picture:
    def __init__(self, record: Record) -> None:
        self.record = record
        self.seconds = max(run.length for run in record.runs)
        self.tick = 1 if self.seconds <= 15 else 2 if self.seconds <= 30 else 5
        self.lanes = max(len(run.replicas) for run in record.runs)
        self.panel = HEAD + BARS + 10 + self.lanes * (LANE + LANE_GAP) + PANEL_GAP
        self.bottom = HEADER + len(record.runs) * self.panel - PANEL_GAP + 8  # the axis
        title = [TITLE, *(f"{run.name}: {run.headline}." for run in record.runs)]
        self.drawing = Drawing(WIDTH, self.bottom + 34 + LEGEND, " ".join(title))
        self.most = max(max(sum(slot) for slot in slots(run)) for run in record.runs)

    def x(self, seconds: float) -> float:
        return LEFT + (RIGHT - LEFT) * seconds / self.seconds

    def draw(self) -> str:
        self.header()
        for number, run in enumerate(self.record.runs):
            top = HEADER + number * self.panel
            self.headline(run, top)
            self.grid(run, top + HEAD)
            self.bars(run, top + HEAD)
            self.bands(run, top + HEAD + BARS + 10)
            self.news(run, top + HEAD)
        self.axis()
        self.legend(self.bottom + 62)
        return self.drawing.text()

    def header(self) -> None:
        settings = self.record.settings
        draw = self.drawing
        draw.words(MARGIN, 54, TITLE, INK.ink, 28, weight=650)
        draw.words(
            MARGIN,
            82,
            f"Three replicas behind HAProxy are replaced one by one at {settings.rate} requests a "
            f"second. The balancer learns of each change {settings.delay:g} s late, and never "
            "retries.",
            INK.quiet,
            15,
        )

    def headline(self, run: Run, top: float) -> None:
        color = INK.failed if run.failed else INK.draining
        draw = self.drawing
        draw.line(MARGIN, top, RIGHT, top, INK.rule)
        draw.headline(MARGIN, top + 29, run.name, run.headline, INK.ink, color)
        draw.words(MARGIN, top + 49, run.caption, INK.quiet, 13.5)
        took = f"rolled out in {run.took:.1f} s"
        saved = self.record.saved(run)
        if not run.failed and saved > 0:
            took += f", {saved:.1f} s saved"
        draw.words(RIGHT, top + 29, took, INK.ink, 15, anchor="end", weight=500)

    def grid(self, run: Run, top: float) -> None:
        bottom = top + BARS + 10 + self.lanes * (LANE + LANE_GAP)
        for second in range(0, int(self.seconds) + 1, self.tick):
            self.drawing.line(self.x(second), top, self.x(second), bottom, INK.grid)

    def bars(self, run: Run, top: float) -> None:
        """From the bottom: failed, answered late, answered. The first two share the base line, so
        that their height can be read and compared."""
        base = top + BARS
        width = self.x(SLOT) - self.x(0)
        shapes: list[list[str]] = [[], [], []]
        for number, slot in enumerate(slots(run)):
            foot = base
            for shape, count in zip(shapes, slot):
                if count:
                    height = BARS * count / self.most
                    shape.append(self.drawing.bar(LEFT + number * width, foot, width, height))
                    foot -= height
        for shape, color in zip(shapes, (INK.failed, INK.draining, INK.answered)):
            self.drawing.path("".join(shape), color)
        self.drawing.line(LEFT, base, self.x(run.length), base, INK.rule)
        rate = self.record.settings.rate
        level = base - BARS * rate * SLOT / self.most
        self.drawing.words(LEFT - 10, level + 4, f"{rate}/s", INK.quiet, 12, anchor="end")
        self.drawing.words(LEFT - 10, base, "0", INK.quiet, 12, anchor="end")

    def bands(self, run: Run, top: float) -> None:
        for number, replica in enumerate(run.replicas):
            y = top + number * (LANE + LANE_GAP)
            name = replica.name.replace("-", " ")
            self.drawing.words(LEFT - 10, y + LANE - 0.5, name, INK.quiet, 11, anchor="end")
            for begin, end, color in phases(replica, run.length):
                self.drawing.band(self.x(begin), y, self.x(end) - self.x(begin), LANE, color)

    def news(self, run: Run, top: float) -> None:
        """When the balancer learns: one line through bars and bands a step."""
        bottom = top + BARS + 10 + self.lanes * (LANE + LANE_GAP)
        for replica in run.replicas:
            if replica.removed is not None:
                self.learns(self.x(replica.removed), top, bottom)

    def learns(self, x: float, top: float, bottom: float) -> None:
        self.drawing.line(x, top, x, bottom, INK.ink, dash="2 3")
        self.drawing.path(f"M{x - 4:.1f} {top - 5:.1f}h8l-4 6z", INK.ink)

    def axis(self) -> None:
        y = self.bottom
        self.drawing.line(LEFT, y, RIGHT, y, INK.quiet)
        for second in range(0, int(self.seconds) + 1, self.tick):
            self.drawing.line(self.x(second), y, self.x(second), y + 5, INK.quiet)
            label = f"{second} s" if second else "0"
            self.drawing.words(self.x(second), y + 20, label, INK.quiet, 12, anchor="middle")

    def legend(self, top: float) -> None:
        first = LEFT + 12
        self.legend_row(
            top,
            "Requests",
            [
                (first, INK.answered, "answered"),
                (first + 130, INK.draining, "answered by a replica already told to stop"),
                (first + 500, INK.failed, "failed"),
            ],
        )
        top += 26
        self.legend_row(
            top,
            "Replicas",
            [
                (first, INK.starting, "starting"),
                (first + 130, INK.serving, "serving"),
                (first + 255, INK.draining, "draining"),
                (first + 385, INK.stopping, "stopping"),
                (first + 500, "url(#lost)", "gone, but the balancer does not know"),
            ],
        )
        self.learns(first + 835, top - 10, top + 4)
        self.drawing.words(first + 849, top, "the balancer learns", INK.quiet, 13)

    def legend_row(self, y: float, title: str, entries: list[tuple[float, str, str]]) -> None:
        self.drawing.words(MARGIN, y, title, INK.ink, 13, weight=600)
        for x, color, text in entries:
            self.drawing.band(x, y - 10, 20, 11, color)
            self.drawing.words(x + 28, y, text, INK.quiet, 13)


def slots(run: Run) -> list[list[int]]:
    """For each 0.1 s how many requests began in it: failed, answered late, answered."""
    late = {id(request) for request in run.late()}
    counts = [[0, 0, 0] for _ in range(int(run.length / SLOT) + 1)]
    for request in run.requests:
        kind = 0 if not request.ok else 1 if id(request) in late else 2
        counts[min(int(request.at / SLOT), len(counts) - 1)][kind] += 1
    return counts


def phases(replica: Replica, end: float) -> list[tuple[float, float, str]]:
    """The replica's life as (begin, end, colour); what has not happened lasts to the run's end."""
    ready = end if replica.ready is None else replica.ready
    told = end if replica.told is None else replica.told
    stopping = end if replica.stopping is None else replica.stopping
    gone = end if replica.gone is None else replica.gone
    removed = gone if replica.removed is None else max(gone, replica.removed)
    spans = [
        (replica.created, ready, INK.starting),
        (ready, told, INK.serving),
        (told, stopping, INK.draining),
        (stopping, gone, INK.stopping),
        (gone, removed, "url(#lost)"),
    ]
    return [(begin, until, color) for begin, until, color in spans if until - begin > 0.01]


def draw(record: Record) -> str:
    return Picture(record).draw()


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(draw(Record.read(Path(sys.argv[1]))))
