#!/usr/bin/env python3
"""Long runs of many environments under random excitations, ours beside MuJoCo C.

    stability.py MODEL[:nofingers] … [--envs 1000] [--seconds 20] [--samples 10] [--once] [-o results.txt]

Ours (build/stability, PoCL or another OpenCL device, float) runs all environments, twice unless --once, and must end in
the same states bit for bit. MuJoCo (double) runs the first --samples environments on the same excitations, and every one
that ours had to put back. The table says for each control step how far the two are apart, and how far MuJoCo is from
itself when it begins 1e-7 away: what is chaotic in the motion is so for both.
"""
import argparse
import datetime
import json
import os
import subprocess
import sys

import mujoco
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "oracle"))
import variants
from machine import cpu_name

BOUND_QVEL = 500.0     # rad/s, m/s: beyond this a body of this size has come apart
BOUND_BEYOND = 1.5     # rad, m beyond a joint's range
BOUND_ROOT = (-0.3, 3.0, 100.0)  # m: lowest and highest root, farthest from its start
WARNINGS = {8: "ctrl", 1: "qpos", 2: "qvel", 16: "act", 32: "applied force", 64: "ten_length", 128: "actuator_force", 4: "qacc"}


def mixed(x):
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def excitations(environment, control, nu):
    """as build/stability draws them"""
    with np.errstate(over="ignore"):
        key = (np.uint64(environment) << np.uint64(40)) | (np.uint64(control) << np.uint64(16)) | np.arange(nu, dtype=np.uint64)
        u = (mixed(key) >> np.uint64(40)).astype(np.float32) / np.float32(16777216)
    return u * np.float32(0.1 * (1 + environment % 10))


class Limits:
    """how far the numbers of a run of MuJoCo go, as build/stability counts"""

    def __init__(self, m):
        self.m, self.qvel, self.beyond = m, 0.0, 0.0
        self.limited = [(j, m.jnt_qposadr[j]) for j in range(m.njnt) if m.jnt_limited[j] and m.jnt_type[j] >= 2]

    def look(self, d):
        self.qvel = max(self.qvel, np.abs(d.qvel).max())
        for j, adr in self.limited:
            self.beyond = max(self.beyond, self.m.jnt_range[j, 0] - d.qpos[adr], d.qpos[adr] - self.m.jnt_range[j, 1])


def run_mujoco(m, environment, controls, keep=(), push=0.0, limits=None):
    """states after the control steps in keep, and the warnings of bad numbers"""
    d = mujoco.MjData(m)
    d.qvel[:] += push
    states = {}
    for c in range(controls):
        d.ctrl[:] = excitations(environment, c, m.nu)
        mujoco.mj_step(m, d, nstep=5)
        if limits:
            limits.look(d)
        if c + 1 in keep:
            states[c + 1] = (d.qpos.copy(), d.qvel.copy())
    bad = sum(d.warning[w].number for w in (mujoco.mjtWarning.mjWARN_BADQPOS, mujoco.mjtWarning.mjWARN_BADQVEL, mujoco.mjtWarning.mjWARN_BADQACC))
    return states, int(bad)


def run_ours(args, path, fingers):
    command = [args.program, path, "--envs", str(args.envs), "--seconds", str(args.seconds), "--samples", str(args.samples)]
    if not fingers:
        command.append("--no-fingers")
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: failed")
    return json.loads(done.stdout)


def compare(m, ours, args, say):
    """ours and MuJoCo on the sample, by control step"""
    samples = {}
    for s in ours["samples"]:
        samples.setdefault(s["environment"], {})[s["control"]] = s
    if not samples:
        return
    limits, bad, apart, itself = Limits(m), 0, {}, {}
    for environment, kept in samples.items():
        theirs, number = run_mujoco(m, environment, ours["controls"], kept.keys(), limits=limits)
        bad += number
        near = [c for c in kept if c <= 100]
        pushed, _ = run_mujoco(m, environment, max(near), near, push=1e-7)
        for c in kept:
            apart.setdefault(c, []).append(np.abs(np.array(kept[c]["qpos"]) - theirs[c][0]).max())
        for c in near:
            itself.setdefault(c, []).append(np.abs(pushed[c][0] - theirs[c][0]).max())
    say(f"  MuJoCo on {len(samples)} of them: put back {bad}, |qvel| up to {limits.qvel:.1f}, beyond a joint's range by up to {limits.beyond:.3f}")
    say(f"  {'substeps':>10} {'ours and MuJoCo apart':>24} {'MuJoCo and MuJoCo begun 1e-7 away':>36}   (largest |qpos| difference: median, worst)")
    for c in sorted(near):
        say(f"  {5 * c:>10} {np.median(apart[c]):>12.1e} {max(apart[c]):>11.1e} {np.median(itself[c]):>24.1e} {max(itself[c]):>11.1e}")


def study(args, name, say):
    path, fingers = name.split(":")[0], not name.endswith(":nofingers")
    m = variants.load(path, fingers=fingers, options=["timestep=0.002"])
    title = os.path.basename(path) + ("" if fingers else " without fingers")
    ours = run_ours(args, path, fingers)
    say(f"{title}: nq {m.nq}, nv {m.nv}, nu {m.nu}; {ours['environments']} environments, {ours['controls'] * 5} substeps, "
        f"{ours['environments'] * ours['controls'] * 5 / 1e6:.1f} million in all, on {ours['device']}")
    fine = ours["not_finite"] == 0
    say(f"  not finite {ours['not_finite']}, put back {ours['put_back']}, |qvel| up to {ours['most_qvel']:.1f} (bound {BOUND_QVEL:.0f}; environment "
        f"{ours['most_qvel_environment']}), joints up to {ours['most_qpos']:.2f}, beyond a joint's range by up to {ours['most_beyond_range']:.3f} (bound {BOUND_BEYOND})")
    fine &= ours["most_qvel"] < BOUND_QVEL and ours["most_beyond_range"] < BOUND_BEYOND
    if "root" in ours:
        low, high, away = ours["root"]
        say(f"  root between {low:.2f} and {high:.2f} m high, up to {away:.1f} m from its start")
        fine &= low > BOUND_ROOT[0] and high < BOUND_ROOT[1] and away < BOUND_ROOT[2]
    for r in {r["environment"]: r for r in reversed(ours["resets"])}.values():
        _, bad = run_mujoco(m, r["environment"], r["control"] + 1)
        what = ", ".join(word for bit, word in WARNINGS.items() if r["bits"] & bit)
        say(f"  environment {r['environment']} put back at substep {5 * r['control']} ({what}); MuJoCo until then: put back {bad}")
        fine &= bad > 0
    if not args.once:
        again = run_ours(args, path, fingers)
        same = again["hash"] == ours["hash"]
        say(f"  twice: the last states are {'identical bit for bit' if same else 'DIFFERENT'} ({ours['hash']})")
        fine &= same
    compare(m, ours, args, say)
    say(f"  {'stable' if fine else 'NOT STABLE'}\n")
    return fine


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+")
    parser.add_argument("--envs", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--program", default="build/stability")
    parser.add_argument("-o", "--out")
    args = parser.parse_args()
    lines = []

    def say(text):
        print(text, flush=True)
        lines.append(text)

    say(f"{datetime.date.today()}, {cpu_name()}, {os.cpu_count()} cores; MuJoCo {mujoco.__version__}\n"
        "Random excitations, redrawn every 5 substeps of 2 ms, evenly from 0 to 0.1, 0.2, … 1 by environment.\n")
    fine = [study(args, name, say) for name in args.models]
    say(f"{sum(fine)} of {len(fine)} models stable")
    if args.out:
        os.makedirs(os.path.dirname(args.out), exist_ok=True)
        with open(args.out, "w") as f:
            f.write("\n".join(lines) + "\n")
    sys.exit(not all(fine))


if __name__ == "__main__":
    main()
