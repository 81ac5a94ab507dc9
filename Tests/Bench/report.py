"""The benchmark's results as a table and as a chart."""

import html

#: Metric -> what it is called, and how its numbers are written.
ROWS = {
    "start": ("start: exec to the app's main, µs", "micro"),
    "signal": ("signal in to signal out, µs", "micro"),
    "usr1": ("the same for SIGUSR1, µs", "micro"),
    "stop": ("stop of an app without listeners, µs", "micro"),
    "podmanstop": ("… the same by podman stop, ms", "milli"),
    "orphans10000own": ("10,000 orphans, own groups, ms", "milli"),
    "orphans10000owncpu": ("… of it CPU of the init, ms", "milli"),
    "orphans10000group": ("10,000 orphans, the app's group, ms", "milli"),
    "orphans10000groupcpu": ("… of it CPU of the init, ms", "milli"),
    "orphans10000prompt": ("10,000 orphans, an init that is woken at once, ms", "milli"),
    "orphans10000promptcpu": ("… of it CPU of the init, ms", "milli"),
    "orphans100000": ("100,000 orphans, ms", "milli"),
    "orphans100000cpu": ("… of it CPU of the init, ms", "milli"),
    "resident": ("resident memory, serving, KiB", "kibi"),
    "proportional": ("proportional memory, serving, KiB", "kibi"),
    "size": ("size on disk, KiB", "kibi"),
    "wakeups": ("wake-ups in an idle minute", "plain"),
    "idlecpu": ("CPU of an idle minute, µs", "micro"),
    "probecpu": ("CPU of a minute of 120 probes, µs", "micro"),
}
SCALES = {"micro": 1e3, "milli": 1e6, "kibi": 1024, "plain": 1}
REFERENCE = "tini-static"


def number(value):
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def cell(results, metric, name, scale):
    """The median; its ratio to the reference's; the tenth to ninetieth percentile where there is one."""
    found = results[metric].get(name)
    if not found:
        return ""
    text = number(found["median"] / scale)
    reference = results[metric].get(REFERENCE, {}).get("median")
    if name != REFERENCE and reference:
        text += f" ({found['median'] / reference:.2f}×)"
    if found["low"] != found["high"]:
        text += f" {number(found['low'] / scale)}–{number(found['high'] / scale)}"
    return text


def table(results, names, ran_on):
    """A Markdown table: the median, (× tini-static's), the tenth to ninetieth percentile."""
    lines = ["| | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    for metric, (title, unit) in ROWS.items():
        if metric in results:
            cells = [cell(results, metric, name, SCALES[unit]) for name in names]
            lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", "Median, (multiple of tini-static's), 10th to 90th percentile. "
                      "tini, dumb-init and catatonit are dynamically linked where Debian's are; their "
                      "libraries are not in their size.", "", ran_on, ""])


COLOURS = ["#888888", "#aaaaaa", "#c9a26b", "#b58fbf", "#6fae8f", "#1f77b4"]
CHARTED = ["start", "signal", "usr1", "stop", "orphans10000own", "orphans10000group",
           "orphans10000prompt", "resident", "size"]
WIDTH, LABEL, BAR, GAP = 860, 270, 11, 16
MOST = 2.0


def chart(results, names, ran_on):
    """Bars of the multiples of tini-static's, one group a metric; shorter is better."""
    parts, y = [], 58
    unit = (WIDTH - LABEL - 80) / MOST
    for metric in CHARTED:
        title = ROWS[metric][0].rsplit(",", 1)[0]
        parts.append(text(LABEL - 10, y + len(names) * BAR / 2 + 4, title, "end"))
        reference = results[metric][REFERENCE]["median"]
        for index, name in enumerate(names):
            ratio = results[metric][name]["median"] / reference
            length = max(1, min(ratio, MOST) * unit)
            parts.append(f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR - 2}" '
                         f'fill="{COLOURS[index]}"/>')
            parts.append(text(LABEL + length + 4, y + BAR - 3, f"{ratio:.2f}", "start", 9))
            y += BAR
        y += GAP
    line = LABEL + unit
    parts.append(f'<line x1="{line}" y1="50" x2="{line}" y2="{y - GAP}" stroke="#444" '
                 'stroke-dasharray="3,3"/>')
    for index, name in enumerate(names):
        x = 20 + index * 138
        parts.append(f'<rect x="{x}" y="30" width="10" height="10" fill="{COLOURS[index]}"/>')
        parts.append(text(x + 15, 39, name, "start"))
    parts.append(text(20, 18, "Multiples of tini-static's; shorter is better", "start", 13))
    parts.append(text(20, y + 8, ran_on, "start", 8))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 20}" '
            f'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>'
            + "\n".join(parts) + "</svg>\n")


def text(x, y, words, anchor, size=11):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
            f"{html.escape(words)}</text>")
