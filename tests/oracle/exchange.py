#!/usr/bin/env python3
"""Trajectories in the published field set, against MuJoCo.

    exchange.py MODEL.xml [--clip CLIP] [--no-fingers] [--program build/musclemimic]

Retargets a clip (default: the synthesised walk), converts the trajectory to .npz and .mot, and compares: every field of the .npz
with what MuJoCo computes from its qpos and qvel; the way back from both files with the trajectory; the pelvis' angles of the .mot
with those of MuJoCo's orientation of the root. Ends with 1 if a gate is broken.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import h5py
import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import variants


def read_mot(path):
    with open(path) as f:
        lines = f.read().splitlines()
    start = lines.index("endheader") + 1
    names = lines[start].split("\t")
    return {n: c for n, c in zip(names, np.array([[float(x) for x in l.split("\t")] for l in lines[start + 1:]]).T)}


def compare_npz(m, path):
    d = mujoco.MjData(m)
    f = np.load(path)  # without pickles
    worst = {k: 0.0 for k in ("xpos", "xquat", "cvel", "subtree_com", "cvel_parent", "subtree_com_root", "names")}
    names = [m.body(i).name for i in range(m.nbody)]
    worst["names"] += list(f["body_names"]) != names
    worst["names"] += list(f["joint_names"]) != [m.joint(i).name for i in range(m.njnt)]
    worst["names"] += not np.array_equal(f["jnt_type"], m.jnt_type) or not np.array_equal(f["body_rootid"], m.body_rootid)
    for i in range(len(f["qpos"])):
        d.qpos[:], d.qvel[:] = f["qpos"][i], f["qvel"][i]
        mujoco.mj_forward(m, d)
        for k in ("xpos", "cvel", "subtree_com"):
            worst[k] = max(worst[k], np.abs(getattr(d, k) - f[k][i]).max())
        worst["xquat"] = max(worst["xquat"], np.minimum(np.abs(d.xquat - f["xquat"][i]), np.abs(d.xquat + f["xquat"][i])).max())
        worst["cvel_parent"] = max(worst["cvel_parent"], np.abs(d.cvel[f["site_bodyid"]] - f["cvel_parent"][i]).max())
        root = m.body_rootid[f["site_bodyid"][0]]
        worst["subtree_com_root"] = max(worst["subtree_com_root"], np.abs(d.subtree_com[root] - f["subtree_com_root"][i]).max())
    return worst


def compare_mot(m, h5, path):
    """Coordinates as OpenSim defines them, from MuJoCo's own: y up, pelvis body-fixed z x y from the pose at qpos0."""
    mot, qpos = read_mot(path), h5["qpos"][:]
    ground = Rotation.from_euler("x", -90, degrees=True)
    worst = 0.0
    for j in range(m.njnt):
        a, name = m.jnt_qposadr[j], m.joint(j).name
        if m.jnt_type[j] >= 2:
            scale = 180 / np.pi if m.jnt_type[j] == 3 else 1
            worst = max(worst, np.abs(mot[name] - scale * qpos[:, a]).max())
        else:
            quat = lambda q: Rotation.from_quat(np.roll(q, -1, axis=-1))
            turn = quat(qpos[:, a + 3:a + 7]) * quat(m.qpos0[a + 3:a + 7]).inv()
            # the models face -y or +x at qpos0; the file's facing must be the one in which walking forward is +x of the pelvis
            best = min(np.abs(((ground * turn * Rotation.from_euler("z", yaw, degrees=True) * ground.inv()).as_euler("ZXY", degrees=True) -
                               np.stack([mot["pelvis_tilt"], mot["pelvis_list"], mot["pelvis_rotation"]], 1) + 180) % 360 - 180).max()
                       for yaw in (0, 90, -90, 180))
            place = ground.apply(qpos[:, a:a + 3]) - np.stack([mot["pelvis_tx"], mot["pelvis_ty"], mot["pelvis_tz"]], 1)
            worst = max(worst, best, np.abs(place).max())
    return worst


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model")
    p.add_argument("--clip")
    p.add_argument("--no-fingers", action="store_true")
    p.add_argument("--program", default="build/musclemimic")
    a = p.parse_args()
    m = variants.load(a.model, not a.no_fingers)
    own = any(m.site(i).name.endswith("_mimic") for i in range(m.nsite))
    options = ["--no-fingers"] * a.no_fingers + ["--mimic-sites"] * (not own)
    with tempfile.TemporaryDirectory() as folder:
        run = lambda *words: subprocess.run([a.program, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        clip = a.clip or folder + "/walk.npz"
        if not a.clip:
            run("walk", "-o", clip, "--strides", "1")
        run("retarget", clip, a.model, "-o", folder + "/t.h5", "--backend", "native", "--quiet", *options)
        for name in ("t.npz", "t.mot"):
            run("convert", folder + "/t.h5", "-o", folder + "/" + name, "--model", a.model, *options)
            run("convert", folder + "/" + name, "-o", folder + "/back_" + name[2:] + ".h5", "--model", a.model, *options)
        worst = compare_npz(m, folder + "/t.npz")
        with h5py.File(folder + "/t.h5") as t:
            worst["mot"] = compare_mot(m, t, folder + "/t.mot")
            for kind in ("npz", "mot"):
                with h5py.File(folder + f"/back_{kind}.h5") as b:
                    for k in ("qpos", "qvel", "site_xpos", "site_xvel"):
                        x, y = t[k][:], b[k][:]
                        if k == "qpos":
                            for j in range(m.njnt):  # a quaternion and its negative are one orientation
                                if m.jnt_type[j] == 0:
                                    i = m.jnt_qposadr[j]
                                    y[:, i + 3:i + 7] *= np.sign((x[:, i + 3:i + 7] * y[:, i + 3:i + 7]).sum(1, keepdims=True))
                        worst[f"{kind} {k}"] = np.abs(x - y).max()
    gates = {k: 1e-9 for k in worst}
    gates.update({"mot": 1e-7, "mot qpos": 1e-9, "mot qvel": 1e-7, "mot site_xvel": 1e-7, "cvel": 1e-8, "cvel_parent": 1e-8})
    broken = [k for k in worst if not worst[k] <= gates[k]]
    print("  ".join(f"{k} {worst[k]:.1e}" for k in worst) + ("  BROKEN: " + ", ".join(broken) if broken else ""))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
