#!/usr/bin/env python3
"""Parity with MuJoCo: every field of the forward pass, and the state after 1 and 100 steps, on random feasible states.

    parity.py MODEL.xml [--no-fingers] [--states 1000] [--backend native] [--precision f64] [--program build/musclemimic]

Makes the states, lets both engines compute, prints a line for each field: the worst and the 99th percentile over
the states, the gate, and how often each wrap kind, contact kind and limit was active. Ends with 1 if a gate is broken.
--store FILE keeps states and MuJoCo's numbers for a test that needs no Python.
"""
import argparse
import collections
import os
import subprocess
import sys
import tempfile

import h5py
import mujoco
import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import variants

# field: (kind, gate in double, gate in float, unit); kind: absolute, or relative to the norm with the field's scale as floor
GATES = {
    "xpos": ("abs", 1e-12, 2e-6, "m"), "xquat": ("abs", 1e-12, 2e-6, ""), "xipos": ("abs", 1e-12, 2e-6, "m"),
    "site_xpos": ("abs", 1e-12, 2e-6, "m"), "geom_xpos": ("abs", 1e-12, 2e-6, "m"),
    "ten_length": ("abs", 1e-10, 1e-6, "m"), "ten_velocity": ("rel", 1e-9, 1e-4, ""),
    "actuator_length": ("rel", 1e-9, 1e-4, ""), "actuator_velocity": ("rel", 1e-9, 1e-4, ""),
    "actuator_force": ("rel", 1e-9, 1e-4, ""), "act_dot": ("rel", 1e-9, 1e-4, ""),
    "qM": ("rel", 1e-10, 1e-5, ""), "qfrc_bias": ("rel", 1e-10, 1e-5, ""), "qfrc_passive": ("rel", 1e-10, 1e-5, ""),
    "qfrc_actuator": ("rel", 1e-9, 1e-4, ""), "qfrc_constraint": ("rel", 1e-6, 1e-3, ""),
    "qacc_smooth": ("rel", 1e-6, 1e-3, ""), "qacc": ("rel", 1e-6, 1e-3, ""), "sensordata": ("rel", 1e-6, 1e-3, ""),
}
CONTACT_GATES = {"contact_dist": (1e-9, 1e-6, 1e-5), "contact_pos": (1e-9, 1e-6, 1e-5), "contact_frame": (1e-9, 1e-6, 1e-5)}
GEOM = ["plane", "hfield", "sphere", "capsule", "ellipsoid", "cylinder", "box", "mesh"]
ANALYTIC = {(0, 2), (0, 3), (0, 4), (0, 5), (0, 6), (2, 2), (2, 3), (2, 6), (3, 3), (3, 6), (6, 6), (2, 5)}


def random_states(m, count, rng):
    """Half with the coupled joints where they belong, half without; some near the floor, some moving fast."""
    d = mujoco.MjData(m)
    states = []
    for k in range(count):
        mujoco.mj_resetData(m, d)
        for j in range(m.njnt):
            a, t = m.jnt_qposadr[j], m.jnt_type[j]
            lo, hi = m.jnt_range[j] if m.jnt_limited[j] else (-0.5, 0.5)
            if t == mujoco.mjtJoint.mjJNT_FREE:
                d.qpos[a:a + 3] += rng.uniform(-0.3, 0.3, 3)
                d.qpos[a + 2] -= rng.uniform(0, 1.0) if k % 3 == 0 else 0
                axis = rng.normal(size=3)
                turn = np.zeros(4)
                mujoco.mju_axisAngle2Quat(turn, axis / np.linalg.norm(axis), rng.uniform(0, 0.6))
                mujoco.mju_mulQuat(d.qpos[a + 3:a + 7], d.qpos[a + 3:a + 7].copy(), turn)
            elif t == mujoco.mjtJoint.mjJNT_BALL:
                q = rng.normal(size=4)
                d.qpos[a:a + 4] = q / np.linalg.norm(q)
            else:
                over = 0.02 * (hi - lo) if k % 4 == 0 else 0.0
                d.qpos[a] = rng.uniform(lo - over, hi + over)
        if k % 2 == 0:
            for e in range(m.neq):
                if m.eq_type[e] != mujoco.mjtEq.mjEQ_JOINT:
                    continue
                a1 = m.jnt_qposadr[m.eq_obj1id[e]]
                x = 0.0
                if m.eq_obj2id[e] >= 0:
                    a2 = m.jnt_qposadr[m.eq_obj2id[e]]
                    x = d.qpos[a2] - m.qpos0[a2]
                d.qpos[a1] = m.qpos0[a1] + np.polyval(m.eq_data[e, 4::-1], x)
        state = {
            "qpos": d.qpos.copy(), "qvel": rng.normal(size=m.nv) * (0.0 if k % 5 == 0 else 1.0),
            "ctrl": rng.uniform(-0.1, 1.1, m.nu), "qfrc_applied": rng.normal(size=m.nv) * (k % 2) * 0.1,
        }
        if m.na:
            state["act"] = rng.uniform(0, 1, m.na)
        states.append(state)
    return {key: np.array([s[key] for s in states]) for key in states[0]}


def oracle_set(m, d, states, i):
    mujoco.mj_resetData(m, d)
    for key in states:
        if states[key].shape[1]:
            getattr(d, key)[:] = states[key][i]


def wrap_counts(m, d, counts):
    """how often a path element wraps (kind and side), and how often it does not"""
    for t in range(m.ntendon):
        first, last = m.tendon_adr[t], m.tendon_adr[t] + m.tendon_num[t]
        wrapped = d.wrap_obj.ravel()[d.ten_wrapadr[t]:d.ten_wrapadr[t] + d.ten_wrapnum[t]]
        for w in range(first, last):
            kind = m.wrap_type[w]
            if kind in (mujoco.mjtWrap.mjWRAP_SPHERE, mujoco.mjtWrap.mjWRAP_CYLINDER):
                name = "sphere" if kind == mujoco.mjtWrap.mjWRAP_SPHERE else "cylinder"
                counts[f"{name} {'wrapped' if m.wrap_objid[w] in wrapped else 'passed by'}"] += 1


def oracle_fields(m, states):
    d = mujoco.MjData(m)
    out = collections.defaultdict(list)
    counts = collections.Counter()
    names = [f for f in GATES if f not in ("qM",)]
    for i in range(len(states["qpos"])):
        oracle_set(m, d, states, i)
        mujoco.mj_forward(m, d)
        for f in names:
            out[f].append(np.array(getattr(d, f)).ravel().copy())
        full = np.zeros((m.nv, m.nv))
        mujoco.mj_fullM(m, full, d.qM) if hasattr(d, "qM") else mujoco.mj_fullM(m, d, full)
        out["qM"].append(full.ravel())
        contacts = []
        for c in range(d.ncon):
            con = d.contact[c]
            kind = tuple(sorted((int(m.geom_type[con.geom[0]]), int(m.geom_type[con.geom[1]]))))
            counts[f"contact {GEOM[kind[0]]}-{GEOM[kind[1]]}"] += 1
            contacts.append((int(con.geom[0]), int(con.geom[1]), con.dist, con.pos.copy(), con.frame.copy()))
        out["contacts"].append(contacts)
        wrap_counts(m, d, counts)
        counts["limit rows"] += int((d.efc_type[:d.nefc] == mujoco.mjtConstraint.mjCNSTR_LIMIT_JOINT).sum())
        counts["constraint rows"] += d.nefc
    return {k: (np.array(v) if k != "contacts" else v) for k, v in out.items()}, counts


def oracle_steps(m, states, steps):
    d = mujoco.MjData(m)
    qpos, qvel = [], []
    for i in range(len(states["qpos"])):
        oracle_set(m, d, states, i)
        for _ in range(steps):
            mujoco.mj_step(m, d)
        qpos.append(d.qpos.copy())
        qvel.append(d.qvel.copy())
    return np.array(qpos), np.array(qvel)


def write_states(path, states):
    with h5py.File(path, "w") as f:
        for key, value in states.items():
            f[key] = value


def run(args, *command):
    command = [args.program, *command, "--backend", args.backend, "--precision", args.precision]
    if args.no_fingers:
        command.append("--no-fingers")
    for option in args.set_option:
        command += ["--set-option", option]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")


def deviations(kind, ours, theirs):
    """one number a state"""
    ours, theirs = ours.reshape(len(ours), -1), theirs.reshape(len(theirs), -1)
    if ours.shape[1] == 0:
        return np.zeros(len(ours))
    if kind == "abs":
        return np.abs(ours - theirs).max(axis=1)
    norm = np.linalg.norm(theirs, axis=1)
    return np.linalg.norm(ours - theirs, axis=1) / np.maximum(norm, max(np.median(norm), 1e-12))


def match_contacts(fields, theirs, precision):
    """Pairs contacts of equal geoms by nearest position; contacts within 1e-6 m of appearing may be missing."""
    worst = {name: [] for name in CONTACT_GATES}
    broken = []
    for i, expected in enumerate(theirs):
        n = int(fields["ncon"][i].ravel()[0])
        found = [(int(g[0]), int(g[1]), d, p, f) for g, d, p, f in zip(
            fields["contact_geom"][i].reshape(-1, 2)[:n], fields["contact_dist"][i].ravel()[:n],
            fields["contact_pos"][i].reshape(-1, 3)[:n], fields["contact_frame"][i].reshape(-1, 9)[:n])]
        if len(found) != len(expected):
            broken.append((i, len(found), len(expected)))
        for g1, g2, dist, pos, frame in expected:
            same = [c for c in found if {c[0], c[1]} == {g1, g2}]
            if not same:
                continue
            c = min(same, key=lambda c: np.linalg.norm(c[3] - pos))
            flip = 1.0 if c[0] == g1 else -1.0
            worst["contact_dist"].append(abs(c[2] - dist))
            worst["contact_pos"].append(np.abs(c[3] - pos).max())
            worst["contact_frame"].append(np.abs(flip * c[4][:3] - frame[:3]).max())
    return worst, broken


def report(name, values, gate, unit):
    values = np.asarray(values)
    if values.size == 0:
        print(f"{name:<22}{'none':>12}")
        return True
    ok = bool(values.max() <= gate)
    print(f"{name:<22}{values.max():12.2e}{np.percentile(values, 99):12.2e}{gate:12.0e}  {unit:<4}{len(values):8d}  {'ok' if ok else 'BROKEN'}")
    return ok


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--no-fingers", action="store_true")
    parser.add_argument("--states", type=int, default=1000)
    parser.add_argument("--step-states", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend", default="native")
    parser.add_argument("--precision", default="f64")
    parser.add_argument("--program", default="build/musclemimic")
    parser.add_argument("--set-option", action="append", default=[])
    parser.add_argument("--fields", default=",".join(GATES))
    parser.add_argument("--store")
    args = parser.parse_args()
    m = variants.load(args.model, fingers=not args.no_fingers, options=args.set_option)
    states = random_states(m, args.states, np.random.default_rng(args.seed))
    theirs, counts = oracle_fields(m, states)
    print(f"{args.model}{' without fingers' if args.no_fingers else ''}: nv {m.nv}, nu {m.nu}; {args.backend} {args.precision}; "
          f"{args.states} states; MuJoCo {mujoco.__version__}")
    print(f"{'field':<22}{'worst':>12}{'p99':>12}{'gate':>12}  {'unit':<4}{'states':>8}")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        states_path, fields_path = os.path.join(folder, "states.h5"), os.path.join(folder, "fields.h5")
        write_states(states_path, states)
        wanted = args.fields.split(",")
        extra = ["ncon", "contact_geom", "contact_dist", "contact_pos", "contact_frame"]
        run(args, "forward", args.model, "--in", states_path, "--out", fields_path, "--fields", ",".join(wanted + extra))
        with h5py.File(fields_path) as f:
            fields = {k: f[k][()] for k in wanted + extra}
        for name in wanted:
            kind, f64, f32, unit = GATES[name]
            values = deviations(kind, fields[name], theirs[name])
            good &= report(name, values, f64 if args.precision == "f64" else f32, unit)
        worst, broken = match_contacts(fields, theirs["contacts"], args.precision)
        for name, gates in CONTACT_GATES.items():
            good &= report(name, worst[name], gates[1] if args.precision == "f64" else gates[2], "m")
        print(f"{'contact sets':<22}{len(broken):12d} of {args.states} states differ in number {broken[:5] if broken else ''}")
        few = {k: v[:args.step_states] for k, v in states.items()}
        write_states(states_path, few)
        for steps in (1, 100):
            run(args, "rollout", args.model, "--in", states_path, "--out", fields_path, "--steps", str(steps))
            qpos, qvel = oracle_steps(m, few, steps)
            with h5py.File(fields_path) as f:
                ours = f["qpos"][:, -1]
            values = np.abs(ours - qpos).max(axis=1)
            gate = {("f64", 1): 1e-9, ("f64", 100): 1e-5, ("f32", 1): 1e-5, ("f32", 100): np.inf}[(args.precision, steps)]
            good &= report(f"qpos after {steps}", values, gate, "m")
    print("active: " + ", ".join(f"{k} {v}" for k, v in sorted(counts.items())))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
