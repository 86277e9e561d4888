"""Draws deliveries/s against members from the raw figures: python3 tests/benches/plot.py FIGURES.tsv OUT.svg

One line a server, the median of its rounds at each number of members; the bars go from the worst to the best round.
"""

import csv
import math
import statistics
import sys
from collections import defaultdict

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 80, 130, 40, 60
COLOURS = ["#444444", "#0b6e99", "#c2542d", "#5a8f29", "#7d4fa3"]


def read(path):
    """{server: {members: [deliveries/s of each round]}}; runs at a fixed rate are no points of this picture."""
    points = defaultdict(lambda: defaultdict(list))
    with open(path, newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["pace"].startswith("window"):
                points[row["server"]][int(row["clients"])].append(float(row["per_second"]))
    return points


def label(number):
    for unit, name in [(1e6, " M"), (1e3, " k")]:
        if number >= unit:
            return f"{number / unit:g}{name}"
    return f"{number:g}"


def main():
    source, target = sys.argv[1:3]
    points = read(source)
    members = sorted({m for of in points.values() for m in of})
    top = max(max(rates) for of in points.values() for rates in of.values())
    step = 10 ** math.floor(math.log10(top))
    step = step if top / step > 4 else step / 2
    top = math.ceil(top / step) * step
    low, high = math.log10(members[0]), math.log10(members[-1])

    def x(m):
        return LEFT + (WIDTH - LEFT - RIGHT) * ((math.log10(m) - low) / (high - low) if high > low else 0.5)

    def y(rate):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * rate / top

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">Deliveries a second against members of one room</text>',
    ]
    for n in range(round(top / step) + 1):
        at = y(n * step)
        out.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{label(n * step)}</text>')
    for m in members:
        out.append(f'<text x="{x(m):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{m:,}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    out.append(f'<text x="{middle}" y="{HEIGHT - 16}" text-anchor="middle">members (log)</text>')
    ends = []
    for (server, of), colour in zip(points.items(), COLOURS):
        line = [(x(m), y(statistics.median(of[m]))) for m in sorted(of)]
        for m, rates in of.items():
            out.append(f'<path d="M{x(m):.1f} {y(min(rates)):.1f}V{y(max(rates)):.1f}" stroke="{colour}" opacity="0.5"/>')
        path = "L".join(f"{a:.1f} {b:.1f}" for a, b in line)
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out.extend(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in line)
        ends.append([line[-1][1], server, colour])
    ends.sort()
    for before, after in zip(ends, ends[1:]):
        after[0] = max(after[0], before[0] + 16)
    for at, server, colour in ends:
        out.append(f'<text x="{WIDTH - RIGHT + 10}" y="{at + 4:.1f}" fill="{colour}">{server}</text>')
    out.append("</svg>")
    with open(target, "w") as file:
        file.write("\n".join(out) + "\n")


main()
