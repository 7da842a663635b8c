#!/usr/bin/env python3
"""Trajectories of the program, replayed by MuJoCo.

    retarget.py MODEL.xml [--clip CLIP.npz ...] [--no-fingers] [--backend native] [--program build/musclemimic]

Retargets each clip (default: the synthesised walk), sets MuJoCo to every frame and compares: poses and velocities of the
mimic sites, velocities as finite differences of poses, limits and couplings of the joints, depth in the floor. Prints the
peak force that inverse dynamics asks of the root. Ends with 1 if a gate is broken.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import h5py
import mujoco
import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import variants

MIMIC = {"pelvis": "pelvis", "upper_body": "lumbar1", "head": "head"}
for side, letter in (("left", "l"), ("right", "r")):
    for name, body in (("shoulder", "humerus"), ("elbow", "ulna"), ("hand", "lunate"), ("hip", "femur"), ("knee", "tibia"),
                       ("ankle", "talus"), ("toes", "toes")):
        MIMIC[f"{side}_{name}"] = f"{body}_{letter}"


def model_with_sites(path, fingers):
    """The model as the program has it; body of each mimic site, which lies at the body's origin where MuJoCo has none."""
    m = variants.load(path, fingers)
    names = [m.site(i).name for i in range(m.nsite)]
    if any(n.endswith("_mimic") for n in names):
        return m, False
    return m, True


def body_of(m, site, arms_only):
    name = site.removesuffix("_mimic")
    body = "thorax" if arms_only and name == "upper_body" else MIMIC[name]
    bodies = {m.body(i).name for i in range(m.nbody)}
    return m.body(body if body in bodies else body.removesuffix("_r")).id


def check(m, added, path):
    d = mujoco.MjData(m)
    with h5py.File(path) as f:
        qpos, qvel, rate = f["qpos"][:], f["qvel"][:], f["frequency"][()]
        sites = [s.decode() for s in f["site_names"][:]]
        xpos = f["site_xpos"][:].reshape(len(qpos), -1, 3)
        xmat = f["site_xmat"][:].reshape(len(qpos), -1, 9)
        xvel = f["site_xvel"][:].reshape(len(qpos), -1, 6)
    arms_only = "pelvis_mimic" not in sites
    worst = dict(site_xpos=0.0, site_xmat=0.0, site_xvel=0.0, qvel=0.0, limit=0.0, coupling=0.0, depth=0.0)
    force, bad = 0.0, 0
    loose = set()
    for i in range(len(qpos)):
        d.qpos[:], d.qvel[:] = qpos[i], qvel[i]
        mujoco.mj_forward(m, d)
        for k, s in enumerate(sites):
            v = np.zeros(6)
            if added:
                b = body_of(m, s, arms_only)
                p, r = d.xpos[b], d.xmat[b]
                mujoco.mj_objectVelocity(m, d, mujoco.mjtObj.mjOBJ_XBODY, b, v, 0)
            else:
                b = m.site(s).id
                p, r = d.site_xpos[b], d.site_xmat[b]
                mujoco.mj_objectVelocity(m, d, mujoco.mjtObj.mjOBJ_SITE, b, v, 0)
            worst["site_xpos"] = max(worst["site_xpos"], np.abs(p - xpos[i, k]).max())
            worst["site_xmat"] = max(worst["site_xmat"], np.abs(r - xmat[i, k]).max())
            worst["site_xvel"] = max(worst["site_xvel"], np.abs(v - xvel[i, k]).max())
        a, b = max(i - 1, 0), min(i + 1, len(qpos) - 1)
        v = np.zeros(m.nv)
        mujoco.mj_differentiatePos(m, v, (b - a) / rate, qpos[a], qpos[b])
        worst["qvel"] = max(worst["qvel"], np.abs(v - qvel[i]).max())
        for e in range(m.neq):
            j1, j2 = m.eq_obj1id[e], m.eq_obj2id[e]
            a1 = m.jnt_qposadr[j1]
            x = 0.0 if j2 < 0 else qpos[i][m.jnt_qposadr[j2]] - m.qpos0[m.jnt_qposadr[j2]]
            y = m.qpos0[a1] + sum(c * x ** n for n, c in enumerate(m.eq_data[e][:5]))
            worst["coupling"] = max(worst["coupling"], abs(qpos[i][a1] - y))
            lo, hi = m.jnt_range[j1]
            if m.jnt_limited[j1] and not lo - 1e-9 <= y <= hi + 1e-9:
                loose.add(int(j1))
        for j in range(m.njnt):
            if m.jnt_limited[j] and m.jnt_type[j] >= 2 and j not in loose:
                q = qpos[i][m.jnt_qposadr[j]]
                worst["limit"] = max(worst["limit"], m.jnt_range[j][0] - q, q - m.jnt_range[j][1])
        for c in d.contact[:d.ncon]:
            if 0 in (m.geom_type[c.geom[0]], m.geom_type[c.geom[1]]):
                worst["depth"] = max(worst["depth"], -c.dist)
        d.qacc[:] = 0
        if 0 < i < len(qpos) - 1:
            d.qacc[:] = (qvel[i + 1] - qvel[i - 1]) * rate / 2
        mujoco.mj_inverse(m, d)
        bad += not np.isfinite(d.qfrc_inverse).all()
        force = max(force, np.abs(d.qfrc_inverse[:3]).max())
    worst["not finite"] = float(bad)
    return worst, force, len(loose)


GATES = {"site_xpos": 1e-6, "site_xmat": 1e-6, "site_xvel": 1e-6, "qvel": 1e-9, "limit": 1e-9, "coupling": 1e-9, "depth": 1e-3,
         "not finite": 0.5}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model")
    p.add_argument("--clip", action="append")
    p.add_argument("--no-fingers", action="store_true")
    p.add_argument("--backend", default="native")
    p.add_argument("--program", default="build/musclemimic")
    a = p.parse_args()
    m, added = model_with_sites(a.model, not a.no_fingers)
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        clips = a.clip or [folder + "/walk.npz"]
        if not a.clip:
            subprocess.run([a.program, "walk", "-o", clips[0], "--strides", "2"], check=True, stdout=subprocess.DEVNULL)
        for clip in clips:
            out = folder + "/out.h5"
            command = [a.program, "retarget", clip, a.model, "-o", out, "--backend", a.backend, "--quiet"]
            command += ["--no-fingers"] * a.no_fingers + ["--mimic-sites"] * added
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            worst, force, loose = check(m, added, out)
            fails = [k for k in GATES if not worst[k] <= GATES[k]]
            broken += len(fails)
            print(f"{os.path.basename(clip):44s} " + "  ".join(f"{k} {worst[k]:.1e}" for k in worst) +
                  f"  root force {force:.0f} N  {loose} loose" + ("  BROKEN: " + ", ".join(fails) if fails else ""))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
