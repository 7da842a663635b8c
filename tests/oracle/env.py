#!/usr/bin/env python3
"""The imitation task against MuJoCo and NumPy: every block of the observation by its name, every reward term, penalty and
error, ends, resets, controls, written anew from the published formulas.

    env.py PROBE PROGRAM [--models FOLDER] [--clips FOLDER] [--states 48]

PROBE: tests/oracle/env_probe.c; PROGRAM: musclemimic; FOLDER: the published models (ci/models), SMPL clips of which the
names below are retargeted to them by PROGRAM. What is not there is said and left out.

Most comparisons run with a time step so short that it does not move the state: double on the native backend must agree to
1e-9, float on OpenCL to 1e-4, relative to the norm of each block. One runs the published time step, where what follows
from positions is that of the last substep's beginning, as in MuJoCo. Ends with 1 if a gate is broken.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import h5py
import mujoco
import numpy as np
from scipy.spatial.transform import Rotation as R

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import variants

ORDER = ["pelvis", "upper_body", "head"] + [f"{s}_{p}" for s in ("left", "right") for p in ("shoulder", "elbow", "hand")] + \
    [f"{s}_{p}" for s in ("left", "right") for p in ("hip", "knee", "ankle", "toes")]
BODY = {"pelvis": "pelvis", "upper_body": "lumbar1", "head": "head", "shoulder": "humerus", "elbow": "ulna", "hand": "lunate",
        "hip": "femur", "knee": "tibia", "ankle": "talus", "toes": "toes"}
CLIPS = {"body": ["CMU_02_01_walk_poses", "CMU_02_05_punch_strike_poses", "MASS_kick_poses"],
         "arm": ["CMU_02_10_wash_self_poses", "CMU_02_05_punch_strike_poses"]}
FULL = dict(qpos=(.1, 10), qvel=(.1, 2), root_pos=(.1, 10), root_vel=(.1, 10), rpos=(.6, 100), rquat=(.01, 10), rvel=(.1, .1))
ARM = dict(qpos=(.1, 10), qvel=(.1, 2), root_pos=(0, 10), root_vel=(0, 10), rpos=(2., 100), rquat=(.2, 10), rvel=(.5, .1))
SIGNALS = ("reward r_qpos r_qvel r_root_pos r_root_vel r_rpos r_rquat r_rvel_rot r_rvel_lin penalty penalty_energy e_root e_yaw "
           "e_qpos e_qvel e_site e_rpos e_imitation e_angle e_relative e_pelvis done early end timeout diverged return length clip").split()
# where the published observation of MyoFullBody without fingers has what
PUBLISHED = {"root_qpos": (0, 5), "joint_qpos": (5, 82), "root_qvel": (87, 6), "joint_qvel": (93, 82), "muscle_length": (175, 354),
             "touch": (1945, 4), "site_rpos": (1949, 48), "site_rangle": (1997, 48), "site_rvel": (2045, 96), "goal_site_rpos_0": (2141, 48),
             "goal_root_pos_delta_1": (2189, 3), "goal_root_vel_delta_1": (2192, 6), "goal_site_rpos_1": (2198, 48),
             "goal_root_pos_delta_2": (2246, 3), "goal_site_rpos_4": (2369, 48), "phase": (2417, 1)}
TINY = 1e-15  # s


def is_arm(path): return "bimanual" in path
def is_published(path): return "myo" in os.path.basename(path)


def load(path, fingers, timestep):
    spec = mujoco.MjSpec.from_file(os.path.abspath(path))
    arm = is_arm(path)
    if not fingers: variants.without_fingers(spec)
    if is_published(path):
        for name in ORDER:
            part = name.split("_", 1)[-1] if name not in BODY else name
            body = BODY[part] + ("" if name in BODY else "_" + name[0])
            if arm and name in ("pelvis", "head") or arm and part in ("hip", "knee", "ankle", "toes"): continue
            spec.body("thorax" if arm and name == "upper_body" else body).add_site(name=name + "_mimic")
    for key in list(spec.keys): spec.delete(key)
    spec.option.timestep = timestep
    for actuator in spec.actuators:  # controls of muscles may be negative, as in the published environments
        if actuator.dyntype == mujoco.mjtDyn.mjDYN_MUSCLE: actuator.ctrlrange, actuator.ctrllimited = [-1, 1], True
    return spec.compile()


class Task:
    """everything of one model and configuration in NumPy"""

    def __init__(self, m, arm, opts):
        self.m, self.d, self.arm, self.o, self.cache = m, mujoco.MjData(m), arm, opts, {}
        self.sites = [m.site(n + "_mimic").id for n in ORDER if mujoco.mj_name2id(m, mujoco.mjtObj.mjOBJ_SITE, n + "_mimic") >= 0]
        self.names = [m.site(s).name for s in self.sites]
        self.free = m.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE
        planar = not self.free and m.jnt_type[0] == mujoco.mjtJoint.mjJNT_SLIDE and m.body_parentid[m.jnt_bodyid[0]] == 0
        if self.free: self.xy, self.z, self.rq, self.rd, self.rp = [0, 1], 2, 7, 6, [0, 1, 2]
        elif planar: self.xy, self.z, self.rq, self.rd, self.rp = [0], 1, 3, 3, [0, 1]
        else: self.xy, self.z, self.rq, self.rd, self.rp = [], None, 0, 0, []
        self.keep = [i for i in range(m.nq) if i not in self.xy]
        self.w = ARM if arm else FULL | dict(root_pos=(self.o.get("root_pos", .1), 10))

    def gather(self):
        """of the state that MuJoCo has computed last"""
        m, d = self.m, self.d
        p, q, v = [], [], []
        for s in self.sites:
            p.append(d.site_xpos[s].copy())
            q.append(R.from_matrix(d.site_xmat[s].reshape(3, 3)))
            w = np.zeros(6)
            mujoco.mj_objectVelocity(m, d, mujoco.mjtObj.mjOBJ_SITE, s, w, 0)
            v.append(w)
        r0 = q[0].as_matrix()
        touch = {m.sensor(i).name: d.sensordata[m.sensor_adr[i]] for i in range(m.nsensor) if m.sensor_type[i] == mujoco.mjtSensor.mjSENS_TOUCH}
        feet = [n for n in ("r_foot", "r_toes", "l_foot", "l_toes") if n in touch]
        return dict(pos=np.array(p), rot0=q[0], rpos=np.array([x - p[0] for x in p[1:]]),
                    rangle=np.array([R.from_matrix(r0.T @ x.as_matrix()).as_rotvec() for x in q[1:]]),
                    rvel=np.array([np.r_[(r0.T @ x.as_matrix()).T @ u[:3] - v[0][:3], r0 @ (v[0][3:] - u[3:])] for x, u in zip(q[1:], v[1:])]),
                    qpos=d.qpos.copy(), qvel=d.qvel.copy(), length=d.actuator_length.copy(), velocity=d.actuator_velocity.copy(),
                    force=d.actuator_force.copy(), act=d.act.copy(), torque=d.qfrc_actuator.copy(),
                    touch=np.array([touch[n] for n in feet] + [touch[n] for n in touch if n not in feet]))

    def sense(self, qpos, qvel, act=None, ctrl=None, steps=0):
        m, d = self.m, self.d
        mujoco.mj_resetData(m, d)
        d.qpos, d.qvel = qpos, qvel
        if act is not None: d.act, d.ctrl = act, ctrl
        if steps: mujoco.mj_step(m, d, steps)
        else: mujoco.mj_forward(m, d)
        return self.gather()

    def reference(self, clip, frame):
        frame = min(frame, len(clip[0]) - 1)
        key = (id(clip[0]), frame)
        if key not in self.cache: self.cache[key] = self.sense(clip[0][frame], clip[1][frame])
        return self.cache[key]

    def state(self, sim, ctrl):
        b = dict(root_qpos=sim["qpos"][[i for i in self.keep if i < self.rq]], joint_qpos=sim["qpos"][self.rq:],
                 root_qvel=sim["qvel"][:self.rd], joint_qvel=sim["qvel"][self.rd:], muscle_length=sim["length"], muscle_velocity=sim["velocity"],
                 muscle_force=sim["force"], muscle_excitation=ctrl, muscle_activation=sim["act"])
        return b if self.arm else b | dict(touch=sim["touch"])

    def observe(self, sim, ctrl, clip, frame, start):
        """name -> block"""
        L, stride = self.o.get("n_step_lookahead", 5), self.o.get("n_step_stride", 20)
        ref = [self.reference(clip, frame + k * stride) for k in range(L)]
        b = self.state(sim, ctrl) | {"site_" + k: sim[k].ravel() for k in ("rpos", "rangle", "rvel")}
        for k, r in enumerate(ref):
            b[f"goal_site_rpos_{k}"] = r["rpos"].ravel()
            if self.arm or not self.o.get("concise", True):
                b |= {f"goal_qpos_{k}": r["qpos"][self.keep], f"goal_qvel_{k}": r["qvel"]}
                if not self.o.get("concise", True): b |= {f"goal_site_rangle_{k}": r["rangle"].ravel(), f"goal_site_rvel_{k}": r["rvel"].ravel()}
            elif k:
                b[f"goal_root_pos_delta_{k}"] = r["qpos"][self.rp] - ref[0]["qpos"][self.rp]
                b[f"goal_root_vel_delta_{k}"] = r["qvel"][:self.rd] - ref[0]["qvel"][:self.rd]
        if self.o.get("root_deviation"):
            b["root_deviation"] = np.array([sim["qpos"][i] - ref[0]["qpos"][i] + (clip[0][start][i] if i in self.xy else 0) for i in self.rp])
        return b | dict(phase=np.array([min(frame, len(clip[0]) - 1) / len(clip[0])]))

    def terms(self, sim, ref, goal, dq, quat):
        """mean squared differences, and the rewards of those that are compared number by number"""
        mean = lambda x: np.mean(np.square(x)) if np.size(x) else 0.0
        w, dv = self.w, sim["qvel"] - ref["qvel"]
        plain = np.delete(dq, [3, 4, 5, 6]) if self.free else dq
        part = dict(qpos=(plain, quat), qvel=(dv, 0), rpos=(sim["rpos"] - ref["rpos"], 0), rquat=(sim["rangle"] - ref["rangle"], 0),
                    rvel_rot=((sim["rvel"] - ref["rvel"])[:, :3], 0), rvel_lin=((sim["rvel"] - ref["rvel"])[:, 3:], 0))
        d = {k: mean(x) + more for k, (x, more) in part.items()}
        beta = lambda k: w["rvel" if k.startswith("rvel") else k][1]
        if self.o.get("mean_exp"): s = {"r_" + k: np.mean(np.exp(-beta(k) * (np.square(x) + more))) for k, (x, more) in part.items()}
        else: s = {"r_" + k: np.exp(-beta(k) * d[k]) for k in part}
        return d, s, mean

    def judge(self, sim, action, clip, frame, start, before):
        w, ref = self.w, self.reference(clip, frame)
        goal, offset, quat = ref["qpos"].copy(), np.zeros(3), 0.0
        for i in self.xy:
            offset[i] = clip[0][start][i]
            goal[i] -= offset[i]
        dq = sim["qpos"] - goal
        if self.free:
            a, b = R.from_quat(sim["qpos"][3:7], scalar_first=True), R.from_quat(goal[3:7], scalar_first=True)
            quat = (a.inv() * b).magnitude()
        d, s, mean = self.terms(sim, ref, goal, dq, quat)
        s |= dict(r_root_pos=0.0, r_root_vel=0.0, e_root=0.0)
        d["root_pos"] = mean(dq[self.rp])
        if self.rp:
            own, want = sim["qvel"][:self.rd].copy(), ref["qvel"][:self.rd].copy()
            if self.free: own[:3], want[:3] = a.inv().apply(own[:3]), b.inv().apply(want[:3])
            s |= dict(r_root_pos=np.exp(-w["root_pos"][1] * d["root_pos"]), r_root_vel=np.exp(-w["root_vel"][1] * mean(own - want)),
                      e_root=np.sqrt(d["root_pos"]))
        yaw = lambda r: np.arctan2(r.as_matrix()[1, 0], r.as_matrix()[0, 0])
        turn = yaw(a) - yaw(b) if self.free else yaw(sim["rot0"]) - yaw(ref["rot0"])
        s["e_yaw"] = abs(np.arctan2(np.sin(turn), np.cos(turn)))
        excess = np.maximum(np.abs(action) - 1, 0)
        cost = [0.01 * np.mean(excess**2), self.o.get("action_rate", 0) * np.sum(action**2),
                self.o.get("torque", 0) * np.sum(sim["torque"][self.rd:]**2), self.o.get("energy", 0) * np.mean(sim["act"]**2)]
        if self.o.get("acc"): cost.append(self.o["acc"] * np.sum((sim["qvel"] - before)[self.rd:]**2 / self.o["step"]))
        s["penalty"], s["penalty_energy"] = max(-sum(cost), -1.0), -cost[3]
        s["reward"] = max(0.0, s["penalty"] + sum(w[k][0] * s["r_" + k] for k in ("qpos", "qvel", "root_pos", "root_vel", "rpos", "rquat")) +
                          w["rvel"][0] * (s["r_rvel_rot"] + s["r_rvel_lin"]))
        s["e_imitation"] = sum(w[k][0] * d[k] for k in ("qpos", "qvel", "root_pos", "rpos", "rquat")) + w["rvel"][0] * (d["rvel_rot"] + d["rvel_lin"])
        far = np.linalg.norm(sim["pos"] - (ref["pos"] - offset), axis=1)
        s |= dict(e_qpos=np.sqrt(mean(dq[self.rq:])), e_qvel=np.sqrt(mean((sim["qvel"] - ref["qvel"])[self.rd:])), e_site=far.mean(),
                  e_rpos=np.sqrt(d["rpos"]), e_relative=np.linalg.norm(sim["rpos"] - ref["rpos"], axis=1).mean(), e_pelvis=far[0])
        hinges = [self.m.jnt_qposadr[j] for j in range(self.m.njnt) if self.m.jnt_type[j] == mujoco.mjtJoint.mjJNT_HINGE and self.m.jnt_qposadr[j] >= self.rq]
        s["e_angle"] = np.degrees(np.abs(sim["qpos"] - ref["qpos"])[hinges].mean())
        angle = quat if self.free else (sim["rot0"].inv() * ref["rot0"]).magnitude()
        s["lost"], s["margin"] = self.lost(s, far, angle, sim)
        s["clip_end"] = frame >= len(clip[0]) - 1
        return s

    def lost(self, s, far, angle, sim):
        """whether, and how near that was"""
        o, kind = self.o, self.o.get("terminal", "arm" if self.arm else "with root")
        pairs = [(s["e_relative"], o["limit"]), (far[0], o["root_limit"]), (angle, 1.0)]
        if kind in ("arm", "sites"): pairs = [(s["e_site"], o["limit"])]
        if kind == "arm max": pairs = [(x, o["limit"]) for x in far]
        if kind == "relative": pairs = pairs[:1]
        height = [(0.6, sim["qpos"][self.z]), (sim["qpos"][self.z], 1.5)] if self.z is not None else []
        ankles = [far[i] for i, n in enumerate(self.names) if "ankle" in n]
        if kind == "full body": pairs = height + [(np.mean([far[0]] + ankles), np.mean([0.3] + [0.5] * len(ankles)))]
        if kind == "full body max": pairs = height + [(far[0], 0.3)] + [(x, 0.5) for x in ankles]
        if kind == "height": pairs = height
        return any(x > limit for x, limit in pairs), min(abs(x - limit) for x, limit in pairs)

    def couple(self, q, v):
        """coupled joints put where their equalities want them"""
        m, q, v = self.m, q.copy(), v.copy()
        for e in range(m.neq):
            if m.eq_type[e] != mujoco.mjtEq.mjEQ_JOINT: continue
            one, two, c = m.eq_obj1id[e], m.eq_obj2id[e], m.eq_data[e][:5]
            x = q[m.jnt_qposadr[two]] - m.qpos0[m.jnt_qposadr[two]] if two >= 0 else 0.0
            q[m.jnt_qposadr[one]] = m.qpos0[m.jnt_qposadr[one]] + np.polyval(c[::-1], x)
            v[m.jnt_dofadr[one]] = v[m.jnt_dofadr[two]] * np.polyval(np.polyder(c[::-1]), x) if two >= 0 else 0.0
        return q, v


def smooth(rng, frames, m, free):
    """random motion within the joint ranges"""
    low, high = np.zeros(m.nq), np.zeros(m.nq)
    for j in range(m.njnt):
        a = m.jnt_qposadr[j]
        if m.jnt_type[j] == mujoco.mjtJoint.mjJNT_FREE: continue
        low[a], high[a] = (m.jnt_range[j] if m.jnt_limited[j] else (-0.3, 0.3))
    middle, half = (low + high) / 2, (high - low) / 2
    phase, rate = rng.uniform(0, 6.28, m.nq), rng.uniform(0.01, 0.05, m.nq)
    q = middle + 0.6 * half * np.sin(phase + rate * np.arange(frames)[:, None])
    v = rng.normal(size=(frames, m.nv))
    if free:
        q[:, :3] = rng.normal(size=3) + np.arange(frames)[:, None] * [0.01, 0.005, 0] + [0, 0, 1]
        turn = R.from_rotvec(rng.normal(size=3) + np.outer(np.arange(frames) * 0.01, rng.normal(size=3)))
        q[:, 3:7] = turn.as_quat(scalar_first=True)
    elif m.jnt_type[0] == mujoco.mjtJoint.mjJNT_SLIDE and m.body_parentid[m.jnt_bodyid[0]] == 0:
        q[:, 0], q[:, 1] = 3 + np.arange(frames) * 0.01, 1.2
    return q, v


def retargeted(args, path, fingers, folder, frames):
    """clips of real motion on the model, cut to so many frames"""
    out = []
    for name in CLIPS["arm" if is_arm(path) else "body"]:
        source = [os.path.join(at, f) for at, _, files in os.walk(args.clips) for f in files if f == name + ".npz"]
        target = os.path.join(folder, f"{os.path.basename(path)}_{fingers}_{name}.h5")
        if not source: continue
        if not os.path.exists(target):
            subprocess.run([args.program, "retarget", source[0], path, "--mimic-sites", "--quiet", *([] if fingers else ["--no-fingers"]), "-o", target],
                           check=True, capture_output=True)
        with h5py.File(target) as f: q, v = f["qpos"][:], f["qvel"][:]
        at = min(len(q) // 3, max(0, len(q) - frames))
        out.append((q[at:at + frames].copy(), v[at:at + frames].copy()))
    return out


def states(m, task, clips, n, rng, spread):
    """near their references: some nearer, some lost"""
    q, v, frame, start, env = [], [], [], [], np.zeros((n, 8))
    for i in range(n):
        clip = clips[i % len(clips)]
        length = len(clip[0])
        f = [0, 1, length - 2, length - 1][i % 8] if i % 8 < 4 and spread else int(rng.integers(length - 1))
        s = int(rng.integers(f + 1))
        at, scale = min(f + 1, length - 1), [0.02, 0.3, 2.0][i % 3] if spread else 0.0
        x = clip[0][at if spread else f].copy()
        for k in task.xy: x[k] -= clip[0][s][k]
        x += scale * rng.normal(size=m.nq) * 0.3
        if task.free: x[3:7] /= np.linalg.norm(x[3:7])
        q.append(x)
        v.append(clip[1][at if spread else f] + scale * rng.normal(size=m.nv))
        frame.append(f)
        start.append(s)
        env[i, :4] = i % len(clips), f, s, f - s
        for k in task.xy: env[i, 4 + k] = clip[0][s][k]
    return np.array(q), np.array(v), frame, start, env


class Gates:
    def __init__(self, name, gate): self.name, self.gate, self.worst, self.broken = name, gate, {}, 0

    def near(self, what, ours, theirs, factor=1.0):
        ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
        if ours.shape != theirs.shape: raise SystemExit(f"{self.name} {what}: {ours.shape} for {theirs.shape}")
        self.worst[what] = max(self.worst.get(what, 0), np.linalg.norm(ours - theirs) / max(np.linalg.norm(theirs), 1e-2) / factor)

    def end(self, about):
        for k, x in self.worst.items():
            if not x <= self.gate:
                self.broken += 1
                print(f"  BROKEN {self.name} {k}: {x:.1e}, gate {self.gate:.0e}")
        top = max(self.worst, key=self.worst.get)
        print(f"{self.name}: {about}, {len(self.worst)} quantities, worst {self.worst[top]:.1e} ({top})")
        return self.broken


def blocks_of(args, path, fingers, sets):
    """the table of the observation that the program prints"""
    words = [args.program, "info", path, "--observation", "--json", *([] if fingers else ["--no-fingers"]),
             *(["--mimic-sites"] if is_published(path) else [])]
    for x in sets: words += ["--set", x]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)["observation"]


def split(blocks, row):
    return {b["block"]: row[b["offset"]:b["offset"] + b["size"] * b["stride"]:b["stride"]][:b["size"]] for b in blocks}


def check_table(name, blocks, total):
    sizes = sum(b["size"] for b in blocks)
    broken = sizes != total
    if sizes == 2418: broken |= any((b["offset"], b["size"]) != PUBLISHED[b["block"]] for b in blocks if b["block"] in PUBLISHED)
    if broken: print(f"  BROKEN {name}: the observation has {sizes} numbers, {total} were published, or they are elsewhere")
    return int(broken)


def control(task, action):
    m, a = task.m, np.clip(action, -1, 1)
    low, high = m.actuator_ctrlrange.T
    return np.where(m.actuator_ctrllimited, (high + low) / 2 + a * (high - low) / 2, a)


def check_state(g, task, blocks, got, i, clips, st, act, action, steps):
    q, v, frame, start, env = st
    clip = clips[i % len(clips)]
    f, o = min(frame[i] + 1, len(clip[0]) - 1), task.o
    ctrl = control(task, action[i])
    touch = 1e4 if g.gate < 1e-8 else 100  # it is the solver's
    sim = task.sense(q[i], v[i], act[i], ctrl, steps)
    s = task.judge(sim, action[i], clip, f, start[i], v[i])
    done, seen = s["lost"] or s["clip_end"], task.observe(sim, ctrl, clip, f, start[i])
    row = split(blocks, (got["last"] if done else got["obs"])[i])
    for k, x in seen.items():
        if not np.size(x): continue  # a model without a root has no such block
        g.near(k, row[k], x, touch if k == "touch" else 1)
    if "history" in row and not done and o.get("split_goal"):
        begin = task.state(task.sense(*task.couple(*start_of(task, clip)), np.zeros(task.m.na), np.zeros(task.m.nu)), np.zeros(task.m.nu))
        muscle = np.stack([begin[k] for k in begin if k.startswith("muscle")], 1).ravel()
        first = np.concatenate([begin[k] for k in ("root_qpos", "joint_qpos", "root_qvel", "joint_qvel")] + [muscle, begin["touch"]])
        g.near("history", row["history"][-len(first):], first, 10)
        g.near("empty history", row["history"][:-len(first)], 0 * row["history"][:-len(first)])
    for k in s:
        if k in SIGNALS: g.near(k, got["signal"][i, SIGNALS.index(k)], s[k])
    for k, x in dict(done=done, early=s["lost"], end=s["clip_end"] and not s["lost"]).items():
        if got["signal"][i, SIGNALS.index(k)] != x and s["margin"] > 1e-5:
            g.broken += 1
            print(f"  BROKEN {g.name} {k} of state {i}: {got['signal'][i, SIGNALS.index(k)]} for {x}")
    check_next(g, task, blocks, got, i, clip, sim, done)
    return s["lost"]


def start_of(task, clip):
    begin = clip[0][0].copy()
    for k in task.xy: begin[k] = 0
    return begin, clip[1][0]


def check_next(g, task, blocks, got, i, clip, sim, done):
    """who ended starts again at frame 0 of its clip, above the origin, muscles at rest"""
    if not done:
        g.near("qpos", got["qpos"][i], sim["qpos"])
        return
    q, v = task.couple(*start_of(task, clip))
    zero = np.zeros(task.m.nu)
    g.near("reset qpos", got["qpos"][i], q)
    g.near("reset qvel", got["qvel"][i], v)
    g.near("reset act and ctrl", np.r_[got["act"][i], got["ctrl"][i]], np.zeros(task.m.na + task.m.nu))
    g.near("reset frame", got["env_state"][i, 1:4], [0, 0, 0])
    first = task.observe(task.sense(q, v, np.zeros(task.m.na), zero), zero, clip, 0, 0)
    row = split(blocks, got["obs"][i])
    for k, x in first.items():
        if np.size(x): g.near("first " + k, row[k], x, 1e4 if k == "touch" else 1)


def compare(name, path, fingers, opts, sets, args, folder, runs=(("native", "f64"), ("opencl", "f32"))):
    rng = np.random.default_rng(7)
    steps, gates = opts.get("steps", 0), opts.get("gates", (1e-9, 1e-4))
    m = load(path, fingers, 0.002 if steps else TINY)
    m.opt.iterations, m.opt.tolerance = 100, 1e-15  # forces that sensors feel are the solver's, and of the contacts
    m.opt.ccd_iterations, m.opt.ccd_tolerance = 2000, 1e-12
    task = Task(m, is_arm(path), opts)
    clips = retargeted(args, path, fingers, folder, 131) if is_published(path) else [smooth(rng, 131, m, task.free) for _ in range(5)]
    if not clips:
        print(f"{name}: no clips below {args.clips}: skipped")
        return 0
    sets = [f"n_substeps={steps or 1}", *sets]
    blocks, n = blocks_of(args, path, fingers, sets), args.states
    broken = check_table(name, blocks, opts["total"])
    st = states(m, task, clips, n, rng, not steps)
    act, action = rng.uniform(0, 1, (n, m.na)), rng.normal(size=(n, m.nu)) * 1.2
    source, target = os.path.join(folder, "env_in.h5"), os.path.join(folder, "env_out.h5")
    lengths = {len(c[0]) for c in clips}
    frames = min(lengths)
    clips = [(c[0][:frames], c[1][:frames]) for c in clips]
    with h5py.File(source, "w") as f:
        for k, x in dict(clip_qpos=[c[0] for c in clips], clip_qvel=[c[1] for c in clips], qpos=st[0], qvel=st[1], act=act, action=action, env_state=st[4]).items():
            f[k] = np.asarray(x, float)
    for run in runs:
        done = subprocess.run([args.probe, path, source, target, *run, f"timestep={0.002 if steps else TINY}",
                               *(["no-fingers"] if not fingers else []), *sets], capture_output=True, text=True)
        if done.returncode:
            print(f"  BROKEN {name} on {' '.join(run)}: {done.stderr.strip()}")
            broken += 1
            continue
        with h5py.File(target) as f: got = {k: f[k][:] for k in f}
        g = Gates(f"{name} on {' '.join(run)}", gates[run[1] == "f32"])
        lost = sum(check_state(g, task, blocks, got, i, clips, st, act, action, steps) for i in range(n))
        broken += g.end(f"{n} states, {lost} lost")
    return broken


def cases(args):
    legs = os.path.join(HERE, "..", "..", "models", "legs18.xml")
    small, kind = dict(limit=0.3, root_limit=0.5, total=377, root_deviation=True, root_pos=.5), "terminal_state_type="
    both = ["mean_site_deviation_threshold=0.3", "root_deviation_threshold=0.5"]
    yield "legs18", legs, True, small, []
    yield ("legs18, whole look-ahead, mean of exponentials", legs, True,
           small | dict(concise=False, mean_exp=True, n_step_lookahead=3, n_step_stride=7, total=597),
           ["use_concise_lookahead=false", "use_mean_exp_reward=true", "n_step_lookahead=3", "n_step_stride=7"])
    yield ("legs18, penalties", legs, True, small | dict(energy=0.3, torque=1e-6, action_rate=0.01, acc=1e-3, step=TINY),
           ["activation_energy_coeff=0.3", "joint_torque_coeff=1e-6", "action_rate_coeff=0.01", "joint_acc_coeff=1e-3"])
    yield "legs18, mean deviation", legs, True, small | dict(terminal="sites"), [kind + "MeanSiteDeviationTerminalStateHandler"]
    yield "legs18, relative deviation", legs, True, small | dict(terminal="relative"), [kind + "MeanRelativeSiteDeviationTerminalStateHandler"]
    yield "legs18, enhanced", legs, True, small | dict(terminal="full body"), [kind + "EnhancedFullBodyTerminalStateHandler"]
    yield ("legs18, enhanced, greatest", legs, True, small | dict(terminal="full body max"),
           [kind + "EnhancedFullBodyTerminalStateHandler", "site_deviation_mode=max"])
    yield "legs18, height", legs, True, small | dict(terminal="height"), [kind + "HeightBasedTerminalStateHandler"]
    yield ("legs18, three states", legs, True, small | dict(split_goal=True, total=377 + 2 * 111), ["len_obs_history=3", "split_goal=true"])
    body, arm = os.path.join(args.models or "", "body/myofullbody.xml"), os.path.join(args.models or "", "arm/myoarm_bimanual.xml")
    if not os.path.exists(body):
        print("the published models are not there: skipped")
        return
    small = small | dict(root_deviation=False, root_pos=.1)
    yield "full body without fingers", body, False, small | dict(total=2418), both
    yield "full body", body, True, small | dict(total=2808), both
    yield "arms", arm, True, small | dict(total=1705), both
    yield "arms without fingers", arm, False, small | dict(total=915), both
    yield ("arms without fingers, greatest, whole look-ahead", arm, False, small | dict(terminal="arm max", concise=False, total=915 + 5 * 54),
           both + ["site_deviation_mode=max", "use_concise_lookahead=false"])
    yield "full body, five substeps", body, False, small | dict(total=2418, steps=5, gates=(1e-5, 1e-1)), both


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("probe")
    parser.add_argument("program")
    parser.add_argument("--models")
    parser.add_argument("--clips", default=os.path.join(HERE, "..", "..", "..", "shared", "motion", "smpl"))
    parser.add_argument("--states", type=int, default=48)
    parser.add_argument("--only", default="", help="cases whose name begins so")
    args = parser.parse_args()
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, path, fingers, opts, sets in cases(args):
            if name.startswith(args.only): broken += compare(name, path, fingers, opts, sets, args, folder)
    print(f"env: {broken} gates broken")
    return broken > 0


if __name__ == "__main__":
    sys.exit(main())
