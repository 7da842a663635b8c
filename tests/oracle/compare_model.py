"""Compares a compiled model with MuJoCo's, array by array.

usage: compare_model.py DUMP MODEL.xml [--no-fingers] [--mimic-sites] [--constants] [--quiet]

DUMP is the program tests/dump_model.c. For every array of the model table the worst relative difference of a row is
printed, ||a - b|| / max(||b||, 1e-9 of the largest row), and the script fails if one exceeds 1e-9 (1e-6 where
MuJoCo keeps single precision). Quantities that follow from the mass matrix or tendon paths are compared only with --constants.
"""
import argparse, subprocess, sys
import numpy as np
import mujoco
from variants import without_fingers

DERIVED = {"body_invweight0", "dof_invweight0", "dof_M0", "tendon_length0", "tendon_invweight0", "actuator_acc0",
           "actuator_length0", "stat.meaninertia"}
NOT_MUJOCO = {"jnt_springdamper", "tex_builtin", "tex_mark", "tex_size", "tex_rgb1", "tex_rgb2", "tex_markrgb",
              "tex_random", "tex_pathadr", "mesh_pathadr"}
OBJECTS = {"body": "BODY", "joint": "JOINT", "geom": "GEOM", "site": "SITE", "camera": "CAMERA", "light": "LIGHT",
           "mesh": "MESH", "texture": "TEXTURE", "material": "MATERIAL", "pair": "PAIR", "exclude": "EXCLUDE",
           "equality": "EQUALITY", "tendon": "TENDON", "actuator": "ACTUATOR", "sensor": "SENSOR",
           "numeric": "NUMERIC", "key": "KEY"}

def mimic_sites(arms):
    sites = [("upper_body", "thorax")] if arms else [("pelvis", "pelvis"), ("upper_body", "lumbar1"), ("head", "head")]
    parts = [("shoulder", "humerus"), ("elbow", "ulna"), ("hand", "lunate")]
    if not arms:
        parts += [("hip", "femur"), ("knee", "tibia"), ("ankle", "talus"), ("toes", "toes")]
    return sites + [(f"{side}_{p}", f"{b}_{side[0]}") for side in ("left", "right") for p, b in parts]


def oracle(path, no_fingers, mimic):
    if not (no_fingers or mimic):
        return mujoco.MjModel.from_xml_path(path)
    spec = mujoco.MjSpec.from_file(path)
    if no_fingers:
        without_fingers(spec)
    if mimic:
        for site, body in mimic_sites(arms=spec.body("pelvis") is None):
            spec.body(body).add_site(name=site + "_mimic", type=mujoco.mjtGeom.mjGEOM_BOX, size=[.075, .05, .025], group=4)
    return spec.compile()


def read_dump(text):
    sizes, fields, names = {}, {}, {}
    for line in text.splitlines():
        word, rest = line.split(" ", 1)
        if word == "size":
            name, value = rest.split()
            sizes[name] = int(value)
        elif word == "name":
            kind, index, *name = rest.split(" ", 2)
            names.setdefault(kind, []).append(name[0] if name else "")
        else:
            name, rows, columns, *values = rest.split()
            dtype = np.int64 if word == "int" else np.float64
            fields[name] = np.array(values, dtype).reshape(int(rows), int(columns))
    return sizes, fields, names


def expected(model, name):
    if name.startswith(("opt.", "stat.")):
        return np.asarray(getattr(getattr(model, name.split(".")[0]), name.split(".")[1]))
    return np.asarray(getattr(model, name)) if hasattr(model, name) else None


def difference(ours, theirs):
    theirs = np.asarray(theirs, np.float64).reshape(ours.shape)
    if not ours.size:
        return 0.0
    norm = np.linalg.norm(theirs, axis=1)
    return float(np.max(np.linalg.norm(ours - theirs, axis=1) / np.maximum(norm, max(1e-9 * norm.max(), 1e-300))))


def face_set(faces):
    """triangles without regard to their order and first corner"""
    turned = [tuple(np.roll(f, -int(np.argmin(f)))) for f in np.asarray(faces, int).reshape(-1, 3)]
    return sorted(turned)


def mask_derived(name, ours, theirs, fields):
    """rows that are left to the derived constants: both sides zero there"""
    ours, theirs = ours.copy(), np.array(theirs, np.float64).reshape(ours.shape)
    if name == "tendon_lengthspring":
        rows = (ours == -1).all(axis=1)
    elif name == "actuator_lengthrange":
        rows = (ours == 0).all(axis=1)
    elif name == "actuator_biasprm":
        rows = (fields["actuator_gainprm"][:, 0] == -ours[:, 1]) & (ours[:, 2] > 0)
    elif name == "jnt_stiffness":
        rows = fields["jnt_springdamper"][:, 0] > 0
    elif name == "dof_damping":
        rows = fields["jnt_springdamper"][fields["dof_jntid"][:, 0], 0] > 0
    else:
        return ours, theirs, 0
    ours[rows], theirs[rows] = 0, 0
    return ours, theirs, int(rows.sum())


def compare(dump, path, no_fingers=False, mimic_sites=False, constants=False, quiet=True):
    """prints the table unless quiet; returns the number of arrays and what differs"""
    edits = [f for f, on in (("--no-fingers", no_fingers), ("--mimic-sites", mimic_sites)) if on]
    run = subprocess.run([dump, path, *edits], capture_output=True, text=True)
    if run.returncode:
        return 0, [run.stderr.strip()]
    sizes, fields, names = read_dump(run.stdout)
    model = oracle(path, no_fingers, mimic_sites)
    bad = []
    for name, value in sizes.items():
        theirs = getattr(model, name, None)
        if theirs is not None and name != "nnames" and theirs != value:
            bad.append(f"size {name}: {value}, MuJoCo {theirs}")
    for kind, word in OBJECTS.items():
        obj = getattr(mujoco.mjtObj, "mjOBJ_" + word)
        if [mujoco.mj_id2name(model, obj, i) or "" for i in range(len(names.get(kind, [])))] != names.get(kind, []):
            bad.append(f"names of {kind}")
    for name, ours in fields.items():
        line = f"{name:24} {ours.shape!s:12} "
        theirs = None if name in NOT_MUJOCO or name.startswith("name_") else expected(model, name)
        if theirs is None:
            line += "not MuJoCo's"
        elif theirs.size != ours.size:
            bad.append(f"{name}: {ours.size} numbers, MuJoCo {theirs.size}")
        elif name in DERIVED and not constants:
            line += "derived"
        else:
            single, masked = theirs.dtype == np.float32, 0
            if not constants:
                ours, theirs, masked = mask_derived(name, ours, theirs, fields)
            worst = difference(ours.astype(np.float32).astype(float) if single else ours, theirs)
            if name == "mesh_face" and worst > 0 and face_set(ours) == face_set(theirs):
                worst = 0.0
            if not worst <= (1e-6 if single else 1e-9):
                bad.append(f"{name}: {worst:.3g}")
            line += f"{worst:9.2e}" + (" single" if single else "") + (f"  {masked} rows derived" if masked else "")
        if not quiet:
            print(line)
    return len(fields), bad


def main():
    args = argparse.ArgumentParser()
    args.add_argument("dump")
    args.add_argument("model")
    for flag in ("--no-fingers", "--mimic-sites", "--constants", "--quiet"):
        args.add_argument(flag, action="store_true")
    args = args.parse_args()
    count, bad = compare(args.dump, args.model, args.no_fingers, args.mimic_sites, args.constants, args.quiet)
    print(f"{args.model}: {count} arrays, " + ("all agree" if not bad else "DIFFERENT: " + "; ".join(bad)))
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
