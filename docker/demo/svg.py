"""As much SVG as the picture needs."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

FONT = "-apple-system, 'Segoe UI', Inter, Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"


@dataclass(frozen=True)
class Palette:
    """Blue against red, and both against grey: to be told apart with any eyes, and in print."""

    paper: str = "#ffffff"
    edge: str = "#d5dbe3"
    ink: str = "#18212f"
    quiet: str = "#5a6678"
    rule: str = "#d5dbe3"
    grid: str = "#eef1f5"
    answered: str = "#c9d2de"
    serving: str = "#aebccd"
    starting: str = "#e3e9f1"
    draining: str = "#2467d6"
    stopping: str = "#36425a"
    failed: str = "#d92231"
    lost: str = "#f7c9cc"


class Drawing:
    """Collects elements; the card has a background of its own, for light and dark pages."""

    def __init__(self, width: float, height: float, title: str) -> None:
        ink = Palette()
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
            f'width="{width:g}" height="{height:g}" role="img" font-family="{FONT}">',
            f"<title>{escape(title)}</title>",
            '<defs><pattern id="lost" width="5" height="5" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="5" height="5" fill="{ink.lost}"/>'
            f'<rect width="2.5" height="5" fill="{ink.failed}"/></pattern></defs>',
            f'<rect x=".5" y=".5" width="{width - 1:g}" height="{height - 1:g}" rx="12" '
            f'fill="{ink.paper}" stroke="{ink.edge}"/>',
        ]

    def words(
        self,
        x: float,
        y: float,
        text: str,
        color: str,
        size: float,
        anchor: str = "start",
        weight: int = 400,
    ) -> None:
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" font-size="{size:g}" '
            f'text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
        )

    def headline(self, x: float, y: float, name: str, verdict: str, ink: str, color: str) -> None:
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="20" font-weight="650">'
            f'<tspan fill="{ink}">{escape(name)}:</tspan>'
            f'<tspan dx="7" fill="{color}">{escape(verdict)}</tspan></text>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str, dash: str = "") -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{color}"{dashes}/>'
        )

    def band(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        self.parts.append(
            f'<rect x="{x:.2f}" y="{y:.1f}" width="{width:.2f}" height="{height:g}" fill="{fill}"/>'
        )

    def path(self, shape: str, fill: str) -> None:
        if shape:
            self.parts.append(f'<path d="{shape}" fill="{fill}"/>')

    @staticmethod
    def bar(x: float, foot: float, slot: float, height: float) -> str:
        width = 0.86 * slot
        return f"M{x:.1f} {foot:.1f}v{-height:.1f}h{width:.2f}v{height:.1f}z"

    def text(self) -> str:
        return "\n".join([*self.parts, "</svg>"]) + "\n"
