#!/usr/bin/env python3
"""Every type of sensor against MuJoCo, on small models, each sensor for itself, on random states and while they move.

    sensors.py [--states 100] [--backend native] [--precision f64] [--program build/musclemimic] [NAME ...]

Prints a line for each type of sensor: the worst deviation over all models, sensors and states, the gate, and in how many
readings the sensor told something. Ends with 1 if a gate is broken, the 99th percentile is above a tenth of it, or a
type told nothing at all.
A deviation is relative to the reading, or to the mean reading of that type in the model where it is larger.
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
import reference

# bodies of the tree meet the floor alone: general convex contacts are another test's matter
OPTION = '<default><default class="tree"><geom contype="0"/></default></default><option tolerance="0" ls_tolerance="1e-6" iterations="200" ls_iterations="100" %s/>'
SHAPES = {"sphere": ".13", "capsule": ".08 .1", "ellipsoid": ".15 .1 .2", "cylinder": ".12 .11", "box": ".1 .15 .12"}
PLACES = ("framepos", "framequat", "framexaxis", "frameyaxis", "framezaxis", "framelinvel", "frameangvel")
OBJECTS = {"body": "b", "xbody": "c", "geom": "cg", "site": "cs", "camera": "cc"}
REFERENCES = {"body": "d", "xbody": "b", "geom": "dg", "site": "bs", "camera": "bc"}


def frame_sensors():
    out = []
    for kind, name in OBJECTS.items():
        out += [f'<{s} objtype="{kind}" objname="{name}"/>' for s in PLACES + ("framelinacc", "frameangacc")]
        for reference, other in REFERENCES.items():
            out += [f'<{s} objtype="{kind}" objname="{name}" reftype="{reference}" refname="{other}"/>' for s in PLACES]
    out += [f'<{s} objtype="xbody" objname="world" reftype="body" refname="b"/>' for s in PLACES]
    out += [f'<{s} objtype="site" objname="ws"/>' for s in ("framelinacc", "frameangacc", "framelinvel")]
    return "".join(out)


TREE = '''<worldbody><site name="ws" pos="1 2 3" euler="10 20 30"/><camera name="wc" pos="0 -3 1" euler="80 0 0" resolution="640 480" fovy="50"/>
  <body name="b" pos="0 0 1" childclass="tree"><freejoint name="free"/><geom name="bg" type="box" size=".1 .2 .3" pos=".05 0 0" euler="5 10 15"/><site name="bs" pos=".1 .2 .3" euler="40 50 60"/>
    <camera name="bc" pos="0 .1 .1" euler="0 90 0" sensorsize=".01 .02" resolution="100 200" focal=".03 .04"/>
    <body name="c" pos=".3 0 0" euler="0 20 0"><joint name="h" axis="1 1 0" pos="0 .1 0" damping=".2" stiffness="3" springref="20" armature=".1"/><joint name="s" type="slide" axis="0 1 1" stiffness="5"/>
      <geom name="cg" type="ellipsoid" size=".1 .2 .15" pos="0 .1 .1" euler="30 0 0"/><site name="cs" pos=".1 0 .1" euler="0 0 70"/><camera name="cc" pos=".1 .1 0" xyaxes="0 1 0 0 0 1"/>
      <body name="w" pos="0 0 .3"><geom type="capsule" size=".05 .1"/><site name="wsite" euler="20 0 30"/>
        <body name="d" pos="0 0 .3"><joint name="ball" type="ball" stiffness="2"/><geom name="dg" type="cylinder" size=".1 .1" pos="0 .1 0" euler="0 50 0"/><site name="ds" pos="0 .1 .1"/></body></body></body>
  </body>
  <body name="e" pos="3 0 1" childclass="tree"><joint name="eh" axis="0 1 0"/><geom name="eg" size=".2" pos=".3 0 0"/><site name="es" pos=".4 0 0"/></body></worldbody>'''
FIXED = '<worldbody><geom type="plane" size="5 5 1"/>' + TREE[len("<worldbody>"):]
MOTIONS = "".join(f'<{s} site="{n}"/>' for s in ("velocimeter", "gyro", "accelerometer", "force", "torque", "magnetometer")
                  for n in ("bs", "cs", "wsite", "ds", "es", "ws"))
SUBTREES = "".join(f'<{s} body="{b}"/>' for s in ("subtreecom", "subtreelinvel", "subtreeangmom") for b in ("world", "b", "c", "w", "d", "e"))
ENERGY = '<e_potential/><e_kinetic/><clock/>'
EQUALITY = '''<equality><connect body1="c" body2="e" anchor=".1 .1 .1"/><weld body1="w" body2="world" relpose="0 0 0 0 0 0 0"/><weld site1="ds" site2="es" torquescale="2"/></equality>'''
MODELS = {
    "frames": '<mujoco>' + OPTION % 'magnetic=".1 .2 .3"' + TREE + '<sensor>' + frame_sensors() + MOTIONS + SUBTREES + ENERGY + '</sensor></mujoco>',
    "no_gravity": '<mujoco>' + (OPTION % "").replace(" />", '><flag gravity="disable" spring="disable"/></option>') + TREE + '<sensor>' + MOTIONS + ENERGY + '</sensor></mujoco>',
    "loads": '<mujoco>' + OPTION % "" + FIXED + EQUALITY + '<sensor>' + MOTIONS + '</sensor></mujoco>',
    "loads_elliptic": '<mujoco>' + OPTION % 'cone="elliptic" impratio="2"' + FIXED.replace('<geom name', '<geom condim="6" name') + '<sensor>' + MOTIONS + '</sensor></mujoco>',
    "no_constraint": '<mujoco>' + (OPTION % "").replace(" />", '><flag constraint="disable"/></option>') + FIXED + EQUALITY + '<sensor>' + MOTIONS + '<touch site="bs"/></sensor></mujoco>',
    "disabled": '<mujoco>' + (OPTION % "").replace(" />", '><flag sensor="disable"/></option>') + TREE + '<sensor>' + MOTIONS + '</sensor></mujoco>',
    "cutoff": '<mujoco>' + OPTION % "" + TREE + '<sensor>' + MOTIONS.replace("/>", ' cutoff="2"/>') + '<jointpos joint="h" cutoff=".1"/><e_potential cutoff="1"/></sensor></mujoco>',
    "projection": '<mujoco>' + OPTION % "" + TREE + '<sensor>' + "".join(f'<camprojection site="{s}" camera="{c}"/>' for s in ("ws", "cs", "ds", "es") for c in ("wc", "bc")) + '</sensor></mujoco>',
}
BIG = {t: " ".join(f"{3 * float(x):g}" for x in s.split()) for t, s in SHAPES.items()}
MODELS["inside"] = '<mujoco>' + OPTION % "" + TREE.replace('<geom name="bg"', "".join(f'<site name="in_{t}" type="{t}" size="{s}" pos=".3 .1 .2" euler="10 20 30"/>' for t, s in BIG.items()) + '<geom name="bg"') + \
    '<sensor>' + "".join(f'<insidesite site="in_{t}" objtype="{k}" objname="{n}"/>' for t in SHAPES for k, n in OBJECTS.items()) + '</sensor></mujoco>'

MODELS["massless"] = '''<mujoco><worldbody><site name="v" size=".6" pos="0 0 1"/><body name="p"><body name="c" pos="0 0 1"><joint type="slide" axis="1 1 0" range="-1 1"/><geom size=".05"/></body></body></worldbody>
  <sensor><insidesite site="v" objtype="body" objname="p"/><insidesite site="v" objtype="xbody" objname="p"/><insidesite site="v" objtype="body" objname="world"/></sensor></mujoco>'''

MODELS["joints"] = '<mujoco>' + OPTION % "" + '''<worldbody><body name="a"><joint name="h" range="-20 30" margin=".1"/><geom size=".1" pos=".3 0 0"/>
  <body pos=".3 0 0"><joint name="s" type="slide" axis="1 0 0" range="-.05 .05" margin=".06"/><geom size=".1"/><site name="p" pos="0 .2 0"/>
  <body pos="0 0 .4"><joint name="b" type="ball" range="0 60" margin=".05"/><geom size=".1" pos="0 .1 .3"/><site name="q" pos="0 .1 0"/><site name="far" pos=".4 .1 0"/></body></body></body><site name="o" pos="0 .5 0"/></worldbody>
  <tendon><spatial name="t" range=".2 .7" margin=".02" stiffness="10" springlength=".3"><site site="o"/><site site="q"/></spatial>
    <spatial name="both" range=".3 .34" margin=".05"><site site="p"/><site site="far"/></spatial><fixed name="f" range="-.2 .2"><joint joint="h" coef=".5"/><joint joint="s" coef="2"/></fixed></tendon>
  <actuator><motor name="m1" joint="h" gear="2"/><muscle name="m2" tendon="t" force="100" lengthrange=".2 .8"/><motor name="m3" tendon="f"/><position name="m4" tendon="t" kp="20" gear="3"/><motor name="m5" joint="b" gear="1 2 3 0 0 0"/></actuator><sensor>''' + \
    "".join(f'<{s} joint="{j}"/>' for s in ("jointpos", "jointvel", "jointactuatorfrc") for j in "hs") + '<ballquat joint="b"/><ballangvel joint="b"/>' + \
    "".join(f'<jointlimit{s} joint="{j}"/>' for s in ("pos", "vel", "frc") for j in "hsb") + \
    "".join(f'<tendon{s} tendon="{t}"/>' for s in ("pos", "vel", "actuatorfrc", "limitpos", "limitvel", "limitfrc") for t in ("t", "f", "both")) + \
    "".join(f'<actuator{s} actuator="m{k}"/>' for s in ("pos", "vel", "frc") for k in range(1, 6)) + ENERGY + '</sensor></mujoco>'


def contact_model(option, num, sites=""):
    """a heap of bodies around a floor and a box, each with sites of all shapes"""
    bodies = {"ball": '<geom name="ball" type="sphere" size=".1"/>', "rod": '<geom name="rod" type="capsule" size=".05 .15"/>',
              "brick": '<geom name="brick" type="box" size=".1 .12 .08"/><body name="tip" pos=".1 .1 0"><geom name="tip" type="sphere" size=".07"/><site name="on_tip" size=".1"/></body>'}
    world = ""
    for k, (name, geom) in enumerate(bodies.items()):
        world += f'<body name="{name}" pos="{.18 * (k - 1)} 0 .1"><freejoint/>{geom}' + "".join(
            f'<site name="{name}_{t}" type="{t}" size="{s}" pos=".02 .01 {-.03 * k}" euler="10 {20 * k} 30"/>' for t, s in SHAPES.items()) + '</body>'
    touch = "".join(f'<touch site="{b}_{t}"/>' for b in bodies for t in SHAPES) + '<touch site="on_tip"/><touch site="ball_box" cutoff="5"/>'
    sides = ['', 'site="ball_sphere"', 'body1="ball"', 'body1="rod"', 'subtree1="brick"', 'body1="brick"', 'geom1="tip"', 'body2="ball"', 'geom2="floor"', 'subtree2="brick"',
             'body1="ball" body2="rod"', 'body1="rod" body2="ball"', 'geom1="floor" subtree2="brick"', 'subtree1="brick" geom2="floor"', 'site="rod_capsule" body2="rod"', 'subtree1="world" subtree2="world"']
    told = ['', 'data="force"', 'data="found force torque dist pos normal tangent"', 'data="dist normal"']
    contact = "".join(f'<contact {side} {data} reduce="{reduce}" num="{num}"/>' for side in sides for data in told for reduce in ("none", "mindist", "maxforce", "netforce"))
    return '<mujoco>' + OPTION % option + f'<worldbody><geom name="floor" type="plane" size="5 5 1" condim="4"/><geom name="block" type="capsule" size=".08 .5" euler="80 0 0" margin=".02" gap=".01"/>{world}</worldbody><sensor>{touch}{contact}</sensor></mujoco>'


MODELS["contacts"] = contact_model("", 1)
MODELS["contacts_several"] = contact_model('cone="elliptic"', 3)
MODELS["rays"] = '<mujoco>' + OPTION % "" + '''<worldbody><geom type="plane" size="2 3 1" pos="0 0 -1"/><geom type="plane" size="30 30 1" pos="0 0 3" euler="180 20 0" name="far"/>
  <geom type="ellipsoid" size=".2 .3 .4" pos="1 0 0"/><geom type="box" size=".2 .3 .4" pos="-1 0 0" euler="10 20 30"/><geom type="capsule" size=".2 .4" pos="0 1 0" euler="40 0 0"/>
  <geom type="cylinder" size=".2 .4" pos="0 -1 0" euler="0 50 0"/><geom type="sphere" size=".3" pos="0 0 1"/><geom type="sphere" size=".6" rgba="1 1 1 0" contype="0" conaffinity="0"/>
  <body name="eye"><joint type="ball"/><geom type="sphere" size=".1"/>''' + "".join(f'<site name="r{k}" pos="{.01 * k} {.02 * k} 0" zaxis="{x} {y} {z}"/>' for k, (x, y, z) in enumerate(np.random.default_rng(3).normal(size=(30, 3)))) + \
    '<site name="in" pos="1 0 0"/></body></worldbody><sensor>' + "".join(f'<rangefinder site="r{k}"/>' for k in range(30)) + '<rangefinder site="in" cutoff=".3"/></sensor></mujoco>'

TYPES = {int(getattr(mujoco.mjtSensor, n)): n[7:].lower() for n in dir(mujoco.mjtSensor) if n.startswith("mjSENS_")}
FORCES = {"touch", "accelerometer", "force", "torque", "framelinacc", "frameangacc", "contact", "jointlimitfrc", "tendonlimitfrc"}


def gate(name, precision, steps):
    """forces of stiff contacts keep fewer digits; after steps in float the states themselves have parted a little"""
    if precision == "f64":
        return 1e-6 if name in FORCES else 1e-9
    return 2e-2 if name in FORCES or steps else 1e-4


def states_of(m, name, count, rng):
    states = reference.random_states(m, count, rng)
    if name.startswith("contacts"):  # close together, slow
        for k in range(count):
            for j in range(m.njnt):
                a = m.jnt_qposadr[j]
                states["qpos"][k, a:a + 3] = m.qpos0[a:a + 3] + rng.uniform(-.05, .05, 3)
        states["qvel"] *= .2
    return states


def readings(m, states, steps):
    d = mujoco.MjData(m)
    out = []
    for i in range(len(states["qpos"])):
        reference.put(m, d, states, i)
        if steps:
            mujoco.mj_step(m, d, steps)
        else:
            mujoco.mj_forward(m, d)
        out.append(d.sensordata.copy())
    return np.array(out)


def ours(args, path, states, folder, steps):
    given, made = os.path.join(folder, "states.h5"), os.path.join(folder, "made.h5")
    with h5py.File(given, "w") as f:
        for key, value in states.items():
            f[key] = value
    what = ["rollout", path, "--in", given, "--out", made, "--steps", str(steps)] if steps else ["forward", path, "--in", given, "--out", made, "--fields", "sensordata"]
    done = subprocess.run([args.program, *what, "--backend", args.backend, "--precision", args.precision], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(done.args)}: {done.stderr.strip()}")
    with h5py.File(made) as f:
        found = f["sensordata"][()]
    return found[:, -1] if steps else found.reshape(len(found), -1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(MODELS))
    parser.add_argument("--states", type=int, default=100)
    parser.add_argument("--steps", type=int, default=0, help="default: 3 in double, 2 in float")
    parser.add_argument("--backend", default="native")
    parser.add_argument("--precision", default="f64")
    parser.add_argument("--program", default="build/musclemimic")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    args.steps = args.steps or (3 if args.precision == "f64" else 2)
    worst, told, rows = collections.defaultdict(float), collections.Counter(), collections.Counter()
    shares = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for name in args.names:
            path = os.path.join(folder, name + ".xml")
            with open(path, "w") as f:
                f.write(MODELS[name])
            m = mujoco.MjModel.from_xml_path(path)
            states = states_of(m, name, args.states, np.random.default_rng(1))
            for steps in (0, args.steps):
                expected, found = readings(m, states, steps), ours(args, path, states, folder, steps)
                parts = [slice(a, a + n) for a, n in zip(m.sensor_adr, m.sensor_dim)]
                norms = np.array([np.linalg.norm(expected[:, part], axis=1) for part in parts])
                for i, (part, norm) in enumerate(zip(parts, norms)):
                    kind = TYPES[m.sensor_type[i]]
                    scale = max(norms[m.sensor_type == m.sensor_type[i]].mean(), 1e-3)
                    off = np.linalg.norm(found[:, part] - expected[:, part], axis=1) / np.maximum(norm, scale)
                    off = np.where(np.isnan(off), np.inf, off) / gate(kind, args.precision, steps)
                    shares[kind].append(off)
                    told[kind] += int((norm != 0).sum())
                    rows[kind] += len(norm)
                    if not steps or args.precision == "f64":  # in float a contact that just opens may be open a step later
                        worst[kind] = max(worst[kind], off.max())
                    if args.verbose and off.max() > 1:
                        k = off.argmax()
                        print(f"  {name} {steps} steps, sensor {i} {kind} state {k}: {off.max():.1e} gates ({(off > 1).sum()} states)\n    {found[k, part]}\n    {expected[k, part]}")
    print(f"{args.backend} {args.precision}, {len(args.names)} models, {args.states} states, after 0 and {args.steps} steps; MuJoCo {mujoco.__version__}")
    print(f"{'sensor':<16}{'worst':>10}{'p99':>10}{'gate':>10}{'readings':>10}{'not zero':>10}   (worst and p99 as parts of the gate)")
    good = True
    for kind in sorted(worst):
        ok = worst[kind] <= 1 and told[kind] > 0 and np.percentile(np.concatenate(shares[kind]), 99) <= .1
        good &= ok
        print(f"{kind:<16}{worst[kind]:10.1e}{np.percentile(np.concatenate(shares[kind]), 99):10.1e}{gate(kind, args.precision, 0):10.0e}{rows[kind]:10d}{told[kind]:10d}  {'ok' if ok else 'BROKEN'}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
