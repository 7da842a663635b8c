#!/usr/bin/env python3
"""Retargeting of real clips by every method: a row of figures for each, and the trajectories replayed by MuJoCo.

    retarget.py MODEL.xml … [--clips FOLDER] [--work build/retarget] [--program build/musclemimic] [--part table|replay]
                [--methods mocap,gmr,ours] [--longest SECONDS] [--rounds 2]

Models have fixed fingers. Each method runs on all clips, or those that --longest leaves, as one process with warm kernel caches;
the shortest wall time of --rounds gives the frames a second. What is kept in FOLDER is not touched; trajectories go to --work, where --part replay
finds those of an earlier --part table.

MuJoCo is set to every frame: positions of all bodies against ours, and inverse dynamics with contacts, limits, equalities and
muscles left out, so that the force at the root is all that the floor must give: its peak, in weights of the body.
"""
import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import time

import h5py
import mujoco
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "oracle"))
import variants
from machine import cpu_name

# name, what is asked of the program
METHODS = [("mocap", ["--method", "mocap"]),
           ("gmr", ["--method", "gmr", "--fit", "shape", "--weights", "published"]),
           ("ours", ["--method", "refined"])]

# figure of the program, heading, scale, digits
COLUMNS = [("limit_violation", "limits %", 1e2, 4), ("coupling_residual", "coupling", 1, 9), ("penetration", "below %", 1e2, 3),
           ("penetration_depth", "deepest mm", 1e3, 2), ("floating", "floating mm", 1e3, 1), ("foot_skate", "skate cm/s", 1e2, 2),
           ("tendon_jumps", "jumps %", 1e2, 1), ("tendon_jump", "largest %", 1e2, 1), ("site_rmse", "sites mm", 1e3, 1),
           ("rotation_mean", "turn deg", 180 / np.pi, 1), ("jerk", "jerk m/s3", 1, 0)]

NO_LIMITS = [f"--limit={name}=1e9" for name in ("teleport", "speed", "reach", "joints", "penetration", "floating", "airborne")]


def has_method(program, name):
    text = subprocess.run([program, "retarget", "--help"], capture_output=True, text=True).stdout
    return name in text.split("--method", 1)[-1].splitlines()[0]


def retarget(program, model, clips, options, out):
    shutil.rmtree(out, ignore_errors=True)
    command = [program, "retarget", *clips, model, "--no-fingers", "--mimic-sites", "-o", out, "--json", "--quiet", *NO_LIMITS, *options]
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    if done.returncode not in (0, 4):
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout), seconds


def is_within(program, clip, seconds):
    done = subprocess.run([program, "info", clip, "--json"], capture_output=True, text=True)
    return not done.returncode and json.loads(done.stdout)["duration"] <= seconds


def table(rows):
    widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(widths[0]) if c == 0 else cell.rjust(widths[c]) for c, cell in enumerate(row)))


def replay(program, model_path, m, d, path):
    """largest distance of a body from ours, frames of which inverse dynamics are not finite, peak and rms force at the root"""
    npz = path.removesuffix(".h5") + ".npz"
    subprocess.run([program, "convert", path, "-o", npz, "--model", model_path, "--no-fingers", "--mimic-sites"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ours = np.load(npz, allow_pickle=False)
    os.remove(npz)
    with h5py.File(path) as f:
        qpos, qvel, rate = f["qpos"][:], f["qvel"][:], f["frequency"][()]
    bodies = [m.body(str(name)).id for name in ours["body_names"]]
    rooted = m.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE
    worst, bad, forces, force = 0.0, 0, [], np.zeros(m.nv)
    for i in range(len(qpos)):
        d.qpos[:], d.qvel[:] = qpos[i], qvel[i]
        d.qacc[:] = (qvel[i + 1] - qvel[i - 1]) * rate / 2 if 0 < i < len(qpos) - 1 else 0
        # the whole of mj_inverse here and there, the force at the root from the recursion in it everywhere
        if i % 20 == 0:
            mujoco.mj_inverse(m, d)
            bad += not np.isfinite(d.qfrc_inverse).all()
        mujoco.mj_kinematics(m, d)
        mujoco.mj_comPos(m, d)
        mujoco.mj_comVel(m, d)
        mujoco.mj_rne(m, d, 1, force)
        worst = max(worst, np.abs(d.xpos[bodies] - ours["xpos"][i]).max())
        bad += not np.isfinite(force).all()
        if 0 < i < len(qpos) - 1:
            forces.append(np.linalg.norm(force[:3]) if rooted else np.abs(force).max())
    forces = np.array(forces or [0.0])
    return worst, bad, forces.max(), np.sqrt((forces ** 2).mean()), rooted


def replays(args, path, methods):
    folders = {method: os.path.join(args.work, f"{os.path.basename(path)}-{method}") for method, _ in methods}
    files = glob.glob(os.path.join(folders[methods[-1][0]], "**", "*.h5"), recursive=True)
    names = sorted(os.path.relpath(f, folders[methods[-1][0]])[:-3] for f in files)
    m = variants.load(path, fingers=False)
    m.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONSTRAINT
    d = mujoco.MjData(m)
    weight = m.body_mass.sum() * 9.81
    rows, worst, bad, frames = [], 0.0, 0, 0
    for name in names:
        row = [name]
        for method, _ in methods:
            file = os.path.join(folders[method], name + ".h5")
            if not os.path.exists(file):
                row += ["-", "-"]
                continue
            gap, odd, peak, rms, rooted = replay(args.program, path, m, d, file)
            worst, bad = max(worst, gap), bad + odd
            frames += 1
            row += [f"{peak / weight:.2f}", f"{rms / weight:.2f}"] if rooted else [f"{peak:.1f}", f"{rms:.1f}"]
        rows.append(row)
    unit = "weights of the body, force of the floor" if rooted else "N m, largest torque of a joint"
    head = ["clip"] + [f"{method} {what}" for method, _ in methods for what in ("peak", "rms")]
    print(f"\n{os.path.basename(path)} in MuJoCo {mujoco.__version__}: {frames} trajectories, bodies within {worst:.1e} m of ours, "
          f"{bad} frames with inverse dynamics that are not finite; {unit}:\n")
    table([head] + rows)
    return worst <= 1e-6 and not bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument("models", nargs="+")
    p.add_argument("--clips", default="../shared/motion")
    p.add_argument("--work", default="build/retarget")
    p.add_argument("--program", default="build/musclemimic")
    p.add_argument("--methods", default="mocap,gmr,ours")
    p.add_argument("--longest", type=float, default=1e9)
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--part", choices=("table", "replay"))
    args = p.parse_args()
    clips = sorted(glob.glob(os.path.join(args.clips, "smpl", "*", "*.npz"))) + sorted(glob.glob(os.path.join(args.clips, "*", "*.bvh"))) + \
        sorted(glob.glob(os.path.join(args.clips, "*", "*.amc")))
    # the same recordings in other encodings
    clips = [c for c in clips if not c.endswith(("_stageii.npz", "_stored_f32.npz", "01_01.bvh"))]
    if args.longest < 1e9:
        clips = [c for c in clips if is_within(args.program, c, args.longest)]
    if not clips:
        sys.exit(f"{args.clips}: there are no clips")
    methods = [x for x in METHODS if x[0] in args.methods.split(",") and has_method(args.program, x[1][1])]
    if args.part != "replay":
        print(f"{cpu_name()}, {os.cpu_count()} cores; {len(clips)} clips" + (f" of at most {args.longest:g} s" if args.longest < 1e9 else ""))
    good = True
    for path in args.models:
        if args.part == "replay":
            good &= replays(args, path, methods)
            continue
        rows = [["method", "clips", "frames", *[h for _, h, _, _ in COLUMNS], "time s", "frames/s"]]
        reports = {}
        for method, options in methods:
            out = os.path.join(args.work, f"{os.path.basename(path)}-{method}")
            retarget(args.program, path, [min(clips, key=os.path.getsize)], options, out)  # kernels are built
            runs = [retarget(args.program, path, clips, options, out) for _ in range(args.rounds)]
            result, seconds = min(runs, key=lambda run: run[1])
            figures = result["all"]
            reports[method] = result["clips"]
            rows.append([method, str(result["in"]), str(figures["frames"]), *[f"{s * figures[k]:.{n}f}" for k, _, s, n in COLUMNS],
                         f"{seconds:.1f}", f"{figures['frames'] / seconds:.0f}"])
            for c in result["aside"]:
                print(f"{method}: {c['clip']} set aside: {c['because_of']} {c['text'] or ''}")
        m = variants.load(path, fingers=False)
        print(f"\n{os.path.basename(path)} without fingers: {m.nq} coordinates, {m.neq} couplings, {m.ntendon} tendons\n")
        table(rows)
        print()
        last = methods[-1][0]
        table([["clip", "frames", *[h for _, h, _, _ in COLUMNS]]] +
              [[c["clip"], str(c["frames"]), *[f"{s * c[k]:.{n}f}" for k, _, s, n in COLUMNS]] for c in reports[last]])
        if not args.part:
            good &= replays(args, path, methods)
        sys.stdout.flush()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
