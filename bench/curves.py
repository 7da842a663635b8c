#!/usr/bin/env python3
"""Learning curves of training logs (train --log), as a table and as a picture.

    curves.py --title TEXT --csv OUT.csv --svg OUT.svg NAME=LOG.jsonl ... [--points 200]

Three panels over control steps: reward of a step and absolute site error in training, each point the mean of the updates
around it, and the share of the clip that the mean actions follow from its first frame on, where the log has validations.
"""
import argparse
import json

COLOURS = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b"]
WIDTH, HEIGHT, LEFT, TOP, GAP = 300, 190, 58, 46, 70


def read(path, points):
    """rows of steps, seconds, reward, site error; rows of steps and coverage"""
    train, valid = [], []
    with open(path) as f:
        for line in f:
            r = json.loads(line)
            if "Validation/frame_coverage" in r: valid.append((r["timesteps"], r["seconds"], 100 * r["Validation/frame_coverage"], 1000 * r["Validation/err_site_abs"]))
            else: train.append((r["timesteps"], r["seconds"], r["reward/total"], 1000 * r["err/site_abs"]))
    size = max(1, len(train) // points)
    mean = lambda rows: tuple(sum(x) / len(rows) for x in zip(*rows))
    return [(rows[-1][0], rows[-1][1]) + mean(rows)[2:] for rows in (train[i:i + size] for i in range(0, len(train), size))], valid


def ticks(low, high):
    import math
    step = 10 ** math.floor(math.log10(max(high - low, 1e-9) / 4))
    step *= next(k for k in (1, 2, 5, 10) if (high - low) / (k * step) <= 5)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, int(high / step + 1e-9) + 1)]


def panel(out, at, title, series, x_most, y_low, y_high):
    left, top = LEFT + at * (WIDTH + GAP), TOP
    x = lambda v: left + WIDTH * v / x_most
    y = lambda v: top + HEIGHT * (1 - (min(max(v, y_low), y_high) - y_low) / (y_high - y_low))
    out.append(f'<text x="{left}" y="{top - 10}" font-weight="bold">{title}</text>')
    for v in ticks(y_low, y_high):
        out.append(f'<line x1="{left}" y1="{y(v):.1f}" x2="{left + WIDTH}" y2="{y(v):.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{v:g}</text>')
    for v in ticks(0, x_most):
        out.append(f'<text x="{x(v):.1f}" y="{top + HEIGHT + 16}" text-anchor="middle">{v / 1e6:g}</text>')
    out.append(f'<rect x="{left}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#888"/>')
    out.append(f'<text x="{left + WIDTH / 2}" y="{top + HEIGHT + 34}" text-anchor="middle">million control steps</text>')
    for k, points in enumerate(series):
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[k % len(COLOURS)]}" stroke-width="1.5"/>')


def picture(title, names, logs):
    most = max(rows[-1][0] for rows, _ in logs)
    rewards, errors = ([[(r[0], r[k]) for r in rows] for rows, _ in logs] for k in (2, 3))
    cover = [[(0, 0)] + [(r[0], r[2]) for r in valid] for _, valid in logs]
    columns = 3 if any(len(c) > 1 for c in cover) else 2
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + columns * (WIDTH + GAP)}" height="{TOP + HEIGHT + 64}" '
           'font-family="sans-serif" font-size="11">', '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="{LEFT}" y="18" font-size="14">{title}</text>']
    panel(out, 0, "reward of a step", rewards, most, 0, 1.05 * max(b for s in rewards for _, b in s))
    panel(out, 1, "mean site error in training, mm", errors, most, 0, 1.05 * max(b for s in errors for _, b in s))
    if columns == 3: panel(out, 2, "clip followed by mean actions, %", cover, most, 0, 105)
    for k, name in enumerate(names):
        out.append(f'<text x="{LEFT + 90 * k}" y="{TOP + HEIGHT + 56}" fill="{COLOURS[k % len(COLOURS)]}">{name}</text>')
    return "\n".join(out + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("logs", nargs="+", metavar="NAME=LOG")
    for option in ("title", "csv", "svg"): parser.add_argument("--" + option, required=True)
    parser.add_argument("--points", type=int, default=200)
    args = parser.parse_args()
    names, paths = zip(*(text.split("=", 1) for text in args.logs))
    logs = [read(path, args.points) for path in paths]
    with open(args.csv, "w") as f:
        f.write("run,kind,control_steps,seconds,reward,site_error_mm,followed_percent\n")
        for name, (rows, valid) in zip(names, logs):
            for r in rows: f.write(f"{name},training,{r[0]},{r[1]:.1f},{r[2]:.4f},{r[3]:.2f},\n")
            for r in valid: f.write(f"{name},validation,{r[0]},{r[1]:.1f},,{r[3]:.2f},{r[2]:.2f}\n")
    with open(args.svg, "w") as f: f.write(picture(args.title, names, logs))


if __name__ == "__main__":
    main()
