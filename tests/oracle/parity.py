#!/usr/bin/env python3
"""Parity with MuJoCo: every field of the forward pass, and the state after 1 and 100 steps, on random feasible states.

    parity.py MODEL.xml [--no-fingers] [--states 1000] [--backend native|opencl --precision f32|f64]

Makes the states, lets MuJoCo and both engines (or the one that is named) compute, and prints a line for each field: the
worst and the 99th percentile over the states, the gate, and how many were compared; and how often each kind of wrap,
contact and limit was active. Ends with 1 if a gate is broken. What the references are: reference.py; how general
convex contacts are certified without MuJoCo: convex.py.
--store FILE keeps states and the reference's numbers for a test that needs no Python (tests/t_parity.c).
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
import convex
import reference
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
CONTACT = ["dist", "pos", "frame"]
CONTACT_FIELDS = ["ncon", "contact_geom", "contact_dist", "contact_pos", "contact_frame"]
CERTIFIED, ANALYTIC, GENERAL, CONTACT_F32 = 1e-9, 1e-9, 1e-6, 1e-5
# qpos and qvel after a step from random states, where muscles start with full force; after 100; after one from states in motion
STEPS = {"f64": {"random": (1e-9, 1e-9), "far": (1e-5, 1e-5), "moving": (1e-9, 1e-9)},
         "f32": {"random": (np.inf, np.inf), "far": (np.inf, np.inf), "moving": (1e-5, np.inf)}}


# ---- our side ----

class Engine:
    """the program on one backend"""

    def __init__(self, args, backend, precision, folder):
        self.args, self.backend, self.precision, self.folder = args, backend, precision, folder

    def run(self, *command):
        command = [self.args.program, *command, "--quiet", "--backend", self.backend, "--precision", self.precision]
        if self.args.no_fingers:
            command.append("--no-fingers")
        for option in self.args.set_option:
            command += ["--set-option", option]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")

    def take(self, states):
        with h5py.File(self.file("states.h5"), "w") as f:
            for key, value in states.items():
                f[key] = value

    def truth(self, m, states, wanted):
        """the reference, which takes the general contacts of flat parts from this engine where they are certified"""
        self.take(states)
        fields = self.forward([])
        truth = Truth(m, states, wanted)
        truth.compute([contacts_in(fields, i) for i in range(len(states["qpos"]))])
        return truth

    def file(self, name):
        return os.path.join(self.folder, name)

    def forward(self, wanted):
        self.run("forward", self.args.model, "--in", self.file("states.h5"), "--out", self.file("fields.h5"),
                 "--fields", ",".join(wanted + CONTACT_FIELDS))
        with h5py.File(self.file("fields.h5")) as f:
            return {k: f[k][()] for k in wanted + CONTACT_FIELDS}

    def after(self, steps):
        self.run("rollout", self.args.model, "--in", self.file("states.h5"), "--out", self.file("ends.h5"),
                 "--steps", str(steps), "--every", str(steps))
        with h5py.File(self.file("ends.h5")) as f:
            return f["qpos"][:, -1], f["qvel"][:, -1]


def contacts_in(fields, i):
    n = int(fields["ncon"][i].ravel()[0])
    return [reference.Contact(tuple(int(x) for x in g), float(d), p.astype(float), f.astype(float)) for g, d, p, f in zip(
        fields["contact_geom"][i].reshape(-1, 2)[:n], fields["contact_dist"][i].ravel()[:n],
        fields["contact_pos"][i].reshape(-1, 3)[:n], fields["contact_frame"][i].reshape(-1, 9)[:n])]


# ---- comparison ----

class Report:
    def __init__(self):
        self.good = True

    def head(self, title):
        print(f"\n{title}\n{'field':<34}{'worst':>11}{'p99':>11}{'gate':>9}  {'unit':<5}{'compared':>9}")

    def line(self, name, values, gate, unit=""):
        values = np.asarray(values, float)
        if values.size == 0:
            return
        ok = bool(values.max() <= gate)  # not a number breaks every gate
        self.good &= ok or gate == np.inf
        verdict = "not gated" if gate == np.inf else "ok" if ok else f"BROKEN by {int((~(values <= gate)).sum())}, first {int(np.argmax(~(values <= gate)))}"
        shown = "" if gate == np.inf else f"{gate:.0e}"
        print(f"{name:<34}{values.max():11.2e}{np.percentile(values, 99):11.2e}{shown:>9}  {unit:<5}{values.size:9d}  {verdict}")


def deviations(kind, ours, theirs, least=0.0):
    """One number a state. The scale of a field is its median norm, and at least a part of its greatest."""
    ours, theirs = ours.reshape(len(ours), -1), theirs.reshape(len(theirs), -1)
    if ours.shape[1] == 0:
        return np.zeros(0)
    if kind == "abs":
        return np.abs(ours - theirs).max(axis=1)
    norm = np.linalg.norm(theirs, axis=1)
    return np.linalg.norm(ours - theirs, axis=1) / np.maximum(norm, max(np.median(norm), least * norm.max(), 1e-12))


def sensor_deviations(m, ours, theirs):
    """The worst sensor of each state: so that a small reading does not hide behind a large one."""
    each = [deviations("rel", ours[:, a:a + n], theirs[:, a:a + n], 1e-3) for a, n in zip(m.sensor_adr, m.sensor_dim)]
    return np.max(each, axis=0) if each else np.zeros(0)


def contact_deviations(pairs):
    """distance, place and normal, one number a contact"""
    return {"dist": [abs(a.dist - b.dist) for a, b in pairs], "pos": [np.abs(a.pos - b.pos).max() for a, b in pairs],
            "normal": [np.abs(a.frame[:3] - b.frame[:3]).max() for a, b in pairs],
            "frame": [np.abs(a.frame - b.frame).max() for a, b in pairs]}


class Truth:
    """The reference of each state (reference.py says what it is), and how far MuJoCo as it comes is from it."""

    def __init__(self, m, states, wanted):
        self.m, self.exact, self.states, self.wanted = m, reference.converged(m), states, wanted
        self.counts = reference.Counts(m)
        self.fields = {name: [] for name in wanted}
        self.default = {name: [] for name in ("qfrc_constraint", "qacc")}
        self.contacts, self.certificates = [], []
        self.refined, self.flat = [], []                 # pairs: ours, MuJoCo's
        self.unrefined, self.by_default = [], []
        self.qpos, self.qvel, self.met_flat = [], [], [] # after a step; were there contacts of flat parts

    def compute(self, native):
        """native: our contacts of each state in double"""
        d, rng = mujoco.MjData(self.m), np.random.default_rng(1)
        for i, ours in enumerate(native):
            reference.put(self.m, d, self.states, i)
            mujoco.mj_forward(self.m, d)
            for name in self.default:
                self.default[name].append(np.array(getattr(d, name)))
            general = [c for c in ours if reference.general(self.m, c.geoms)]
            self.by_default += [p for p in reference.match(reference.contacts_of(d), general) if p[0]]
            reference.put(self.exact, d, self.states, i)
            mujoco.mj_fwdPosition(self.exact, d)
            reference.replace(self.exact, d, self.exact_contacts(d, general, rng))
            reference.finish(self.exact, d)
            for name, value in reference.read(self.exact, d, self.wanted).items():
                self.fields[name].append(value)
            self.contacts.append(reference.contacts_of(d))
            self.counts.of(d)
            self.met_flat.append(reference.flat_parts(self.m, d))
            reference.one_step(self.exact, d)
            self.qpos.append(d.qpos.copy())
            self.qvel.append(d.qvel.copy())
        self.fields = {name: np.array(value) for name, value in self.fields.items()}
        self.default = {name: np.array(value) for name, value in self.default.items()}

    def exact_contacts(self, d, ours, rng):
        """What takes the place of MuJoCo's contacts, by their number; certifies ours."""
        everything = reference.contacts_of(d)
        exact = reference.refined(self.exact, d)
        places = [i for i, c in enumerate(everything) if reference.general(self.m, c.geoms)]
        for i, (mine, his) in zip(places, reference.match(ours, [everything[i] for i in places])):
            if mine is None:
                continue
            certified = self.certify(d, mine, next(c for c in ours if c.geoms == mine.geoms), rng)
            if i in exact:
                self.unrefined.append((mine, his))
                self.refined.append((mine, exact[i]))
            else:
                self.flat.append((mine, his))
                if certified:
                    exact[i] = mine._replace(frame=reference.frame_of(mine.frame[:3]))
        return exact

    def certify(self, d, c, first, rng):
        m = self.m
        shapes = [convex.Shape(m.geom_type[g], m.geom_size[g], d.geom_xpos[g], d.geom_xmat[g]) for g in c.geoms]
        if c is first:
            numbers = convex.certify(*shapes, c.dist, c.pos, c.frame[:3], rng)
        else:
            numbers = convex.certify_further(*shapes, first, c.pos, c.frame[:3], rng)
        self.certificates.append(numbers)
        return max(numbers) <= CERTIFIED

    def ends(self, single):
        """In float the places where flat parts lie on each other are anywhere on them."""
        return {"qpos": np.array(self.qpos), "qvel": np.array(self.qvel), "flat": np.array(self.met_flat) & single}


def between_cores(m, c):
    """How far the core of a round geom is from the other geom, or from its core: their difference gives the normal.
    Infinite for pairs that have no such core, or an ellipsoid, whose curvature tells the normal too."""
    kinds = {int(m.geom_type[g]) for g in c.geoms}
    if kinds & {convex.PLANE, convex.ELLIPSOID} or not kinds & {convex.SPHERE, convex.CAPSULE}:
        return np.inf
    return abs(c.dist + sum(m.geom_size[g, 0] for g in c.geoms if m.geom_type[g] in (convex.SPHERE, convex.CAPSULE)))


def report_single_normals(report, m, group, pairs):
    """In float a normal between two cores is as good as their positions, 5e-7 m, over their distance."""
    apart = np.array([between_cores(m, e) for _, e in pairs])
    values = np.array(contact_deviations(pairs)["normal"])
    report.line(f"contact normal, {group}", values[apart >= 0.05], CONTACT_F32)
    near = apart < 0.05
    report.line("  of cores nearer than 5 cm, by m", values[near] * apart[near], 0.05 * CONTACT_F32, "m")


def compare_contacts(report, engine, fields, truth):
    m, single = truth.m, engine.precision == "f32"
    groups = {"analytic": [], "general convex": []}
    differ = []
    for i, expected in enumerate(truth.contacts):
        ours = contacts_in(fields, i)
        pairs = reference.match(ours, expected)
        differ.append(float(len(ours) != len(expected) or any(f is None for f, _ in pairs)))
        for f, e in pairs:
            if f is not None:
                groups["general convex" if reference.general(m, e.geoms) else "analytic"].append((f, e))
    for group, pairs in groups.items():
        gate = CONTACT_F32 if single else ANALYTIC if group == "analytic" else CERTIFIED
        values = contact_deviations(pairs)
        for name in ("dist", "pos") if single else ("dist", "pos", "frame"):
            report.line(f"contact {name}, {group}", values[name], gate, "" if name == "frame" else "m")
        if single and pairs:
            report_single_normals(report, m, group, pairs)
    report.line("contacts that only one has", differ, 0.5)


def at_jumps(truth, lengths, gate):
    """States beside a jump of MuJoCo's own, on whose other side float has come out: they are set aside, if they are few."""
    rng = np.random.default_rng(2)
    far = np.abs(lengths - truth.fields["ten_length"]).max(axis=1, initial=0) > gate
    aside = np.array([f and reference.reached(truth.exact, truth.states, i, lengths[i], gate, rng) for i, f in enumerate(far)])
    return aside if aside.sum() <= max(1, 0.01 * len(aside)) else np.zeros(len(aside), bool)


def compare_fields(report, engine, truth):
    fields = engine.forward(truth.wanted)
    gate = 1 if engine.precision == "f64" else 2
    aside = np.zeros(len(truth.contacts), bool)
    if engine.precision == "f32" and "ten_length" in fields:
        aside = at_jumps(truth, fields["ten_length"].astype(float), GATES["ten_length"][2])
    if aside.any():
        print(f"set aside: states {np.flatnonzero(aside)} lie within 5e-6 of a jump of MuJoCo's own tendon lengths")
    for name in truth.wanted:
        ours, theirs = fields[name][~aside], truth.fields[name][~aside]
        if name == "sensordata":
            values = sensor_deviations(truth.m, ours, theirs)
        else:
            values = deviations(GATES[name][0], ours, theirs)
        report.line(name, values, GATES[name][gate], GATES[name][3])
    compare_contacts(report, engine, fields, truth)


def compare_steps(report, engine, title, ends, steps, gates):
    ours = engine.after(steps)
    flat = ends["flat"]
    values = {"qpos": np.abs(ours[0] - ends["qpos"]).max(axis=1), "qvel": deviations("rel", ours[1], ends["qvel"])}
    for gate, (name, value) in zip(gates, values.items()):
        report.line(f"{name} {title}", value[~flat], gate, "m" if name == "qpos" else "")
        if gate < np.inf:
            report.line("  of those with flat contacts", value[flat], np.inf, "m" if name == "qpos" else "")


def report_certificates(report, truth):
    """our general convex contacts by themselves, and how far MuJoCo's own are from them"""
    if not truth.certificates:
        return
    report.head("general convex contacts, native f64")
    surface, angle, better = np.array(truth.certificates).T
    report.line("certificate: off the surfaces", surface, CERTIFIED, "m")
    report.line("certificate: off the normal cones", angle, CERTIFIED)
    report.line("certificate: farther elsewhere", better, CERTIFIED, "m")
    free = (np.inf,) * 3
    for name, pairs, gates in (("to 1e-12, refined", truth.refined, (CERTIFIED,) * 3), ("to 1e-12", truth.unrefined, free),
                               ("to 1e-12, flat parts", truth.flat, (GENERAL, np.inf, np.inf)),
                               ("as it comes, to 1e-6", truth.by_default, free)):
        values = contact_deviations(pairs)
        for part, gate in zip(("dist", "pos", "normal"), gates):
            report.line(f"MuJoCo {name}: {part}", values[part], gate, "" if part == "normal" else "m")


def report_default(report, truth, qpos):
    report.head("MuJoCo as it comes, beside MuJoCo run to the end")
    for name, value in truth.default.items():
        report.line(name, deviations("rel", value, truth.fields[name]), np.inf)
    report.line("qpos after 100", np.abs(reference.by_default(truth.m, truth.states, 100) - qpos).max(axis=1), np.inf, "m")


# ---- a subset for a test without Python ----

STORED = [name for name in GATES if name not in ("xipos", "site_xpos", "geom_xpos", "actuator_velocity")]
BIG = 50  # actuators of a model of which less is stored
COMPACT = ["xpos", "ten_length", "actuator_force", "qfrc_bias", "qfrc_constraint", "qacc"]


def keep(group, name, value, **attributes):
    packed = dict(compression="gzip", compression_opts=9, shuffle=True, chunks=value.shape) if value.nbytes > 1000 else {}
    data = group.create_dataset(name, data=value, **packed)
    data.attrs.update(attributes)


def store(args, m):
    """A few random states, and where these lead to in 100 steps: states in motion."""
    states = reference.coarse(reference.random_states(m, args.states, np.random.default_rng(args.seed)))
    wanted = [name for name in (COMPACT if m.nu > BIG else STORED) if name != "sensordata" or m.nsensordata]
    with tempfile.TemporaryDirectory() as folder, h5py.File(args.store, "w", libver="v110") as f:
        native = Engine(args, "native", "f64", folder)
        far = reference.after_steps(reference.converged(m), states, 100)
        moving = reference.coarse(reference.in_motion(m, states, far))
        both = {k: np.concatenate([states[k], moving[k][:max(1, args.states // 3)]]) for k in states}
        truth = native.truth(m, both, wanted)
        f.attrs.update(schema="musclemimic-parity", version=1, created_by=f"MuJoCo {mujoco.__version__}",
                       model=os.path.basename(args.model), without_fingers=int(args.no_fingers))
        count = len(both["qpos"])
        keep(f, "in_motion", (np.arange(count) >= args.states).astype(np.int32))
        keep(f, "flat_parts", np.array(truth.met_flat, np.int32))
        for name, value in both.items():
            if value.shape[1]:
                keep(f, f"states/{name}", value)
        for name, value in truth.fields.items():
            if value.shape[1]:
                if name == "qM":  # the lower triangle
                    value = np.tril(value.reshape(-1, m.nv, m.nv)).reshape(count, -1)
                keep(f, f"fields/{name}", value, scale=float(np.median(np.linalg.norm(value, axis=1))))
        for name, value in truth.ends(False).items():
            if name != "flat":
                keep(f, f"after/{name}", value, scale=float(np.median(np.linalg.norm(value, axis=1))))
        keep(f, "contacts/count", np.array([len(c) for c in truth.contacts], np.int32))
        every = [c for one in truth.contacts for c in one]
        if every:
            keep(f, "contacts/geom", np.array([c.geoms for c in every], np.int32))
            keep(f, "contacts/dist", np.array([c.dist for c in every]))
            keep(f, "contacts/pos", np.array([c.pos for c in every]))
            keep(f, "contacts/normal", np.array([c.frame[:3] for c in every]))
    print(f"{args.store}: {count} states, {sum(map(len, truth.contacts))} contacts, {os.path.getsize(args.store)} bytes")


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--no-fingers", action="store_true")
    parser.add_argument("--states", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend")
    parser.add_argument("--precision")
    parser.add_argument("--program", default="build/musclemimic")
    parser.add_argument("--set-option", action="append", default=[])
    parser.add_argument("--fields", default=",".join(GATES))
    parser.add_argument("--store")
    return parser.parse_args()


def main():
    args = parse()
    m = variants.load(args.model, fingers=not args.no_fingers, options=args.set_option)
    mujoco.set_mju_user_warning(lambda text: print(f"MuJoCo: {text}", file=sys.stderr))
    if args.store:
        store(args, m)
        return
    states = reference.random_states(m, args.states, np.random.default_rng(args.seed))
    print(f"==== {args.model}{' without fingers' if args.no_fingers else ''}: nv {m.nv}, nu {m.nu}; "
          f"{args.states} states; MuJoCo {mujoco.__version__}")
    report = Report()
    asked = [("native", "f64"), ("opencl", "f32")]
    if args.backend or args.precision:
        backend = args.backend or "native"
        asked = [(backend, args.precision or ("f64" if backend == "native" else "f32"))]
    with tempfile.TemporaryDirectory() as folder:
        engines = [Engine(args, *one, folder) for one in asked]
        native = Engine(args, "native", "f64", folder)
        truth = native.truth(m, states, args.fields.split(","))
        report_certificates(report, truth)
        far = reference.after_steps(truth.exact, states, 100)
        report_default(report, truth, far["qpos"])
        moving = reference.in_motion(m, states, far)
        further = native.truth(m, moving, [])
        for engine in engines:
            report.head(f"{engine.backend} {engine.precision}")
            gates, single = STEPS[engine.precision], engine.precision == "f32"
            engine.take(states)
            compare_fields(report, engine, truth)
            compare_steps(report, engine, "after 1", truth.ends(single), 1, gates["random"])
            compare_steps(report, engine, "after 100", far, 100, gates["far"])
            engine.take(moving)
            compare_steps(report, engine, "after 1, in motion", further.ends(single), 1, gates["moving"])
    print("\nactive in these states:")
    for line in truth.counts.lines():
        print("  " + line)
    sys.exit(0 if report.good else 1)


if __name__ == "__main__":
    main()
