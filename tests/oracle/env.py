#!/usr/bin/env python3
"""The imitation task against MuJoCo and NumPy: observation, reward terms, errors, ends and resets, written anew from the
published formulas.

    env.py PROBE [--body MyoFullBody.xml] [--arm MyoBimanualArm.xml] [--states 64]     PROBE: tests/oracle/env_probe.c

The time step is so short that a step does not move the state. Double on the native backend must agree to 1e-6, float on
OpenCL to 1e-3 (forces 1e-2), relative to the norm of each block. Ends with 1 if a gate is broken.
"""
import argparse
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
FULL = dict(qpos=(.1, 10), qvel=(.1, 2), root_pos=(.1, 10), root_vel=(.1, 10), rpos=(.6, 100), rquat=(.01, 10), rvel=(.1, .1))
ARM = dict(qpos=(.1, 10), qvel=(.1, 2), root_pos=(0, 10), root_vel=(0, 10), rpos=(2., 100), rquat=(.2, 10), rvel=(.5, .1))
SIGNALS = ("reward r_qpos r_qvel r_root_pos r_root_vel r_rpos r_rquat r_rvel_rot r_rvel_lin penalty penalty_energy e_root e_yaw "
           "e_qpos e_qvel e_site e_rpos e_imitation e_angle e_relative e_pelvis done early end timeout diverged return length clip").split()


def load(path, fingers, arm):
    spec = mujoco.MjSpec.from_file(path)
    if not fingers: variants.without_fingers(spec)
    if "myo" in path:
        for name in ORDER:
            part = name.split("_", 1)[-1] if name not in BODY else name
            body = BODY[part] + ("" if name in BODY else "_" + name[0])
            if arm and name in ("pelvis", "head") or arm and part in ("hip", "knee", "ankle", "toes"): continue
            spec.body("thorax" if arm and name == "upper_body" else body).add_site(name=name + "_mimic")
    for key in list(spec.keys): spec.delete(key)
    spec.option.timestep = 1e-12
    return spec.compile()


class Task:
    """everything of one model and configuration in NumPy"""

    def __init__(self, m, arm, opts):
        self.m, self.d, self.arm, self.o = m, mujoco.MjData(m), arm, opts
        self.sites = [m.site(n + "_mimic").id for n in ORDER if mujoco.mj_name2id(m, mujoco.mjtObj.mjOBJ_SITE, n + "_mimic") >= 0]
        self.free = m.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE
        planar = not self.free and m.jnt_type[0] == mujoco.mjtJoint.mjJNT_SLIDE and m.body_parentid[m.jnt_bodyid[0]] == 0
        if self.free: self.xy, self.rq, self.rd, self.rp = [0, 1], 7, 6, [0, 1, 2]
        elif planar: self.xy, self.rq, self.rd, self.rp = [0], 3, 3, [0, 1]
        else: self.xy, self.rq, self.rd, self.rp = [], 0, 0, []
        self.keep = [i for i in range(m.nq) if i not in self.xy]
        self.w = ARM if arm else FULL

    def sense(self, qpos, qvel, act=None, ctrl=None):
        m, d = self.m, self.d
        mujoco.mj_resetData(m, d)
        d.qpos, d.qvel = qpos, qvel
        if act is not None: d.act, d.ctrl = act, ctrl
        mujoco.mj_forward(m, d)
        p, q, v = [], [], []
        for s in self.sites:
            p.append(d.site_xpos[s].copy())
            q.append(R.from_matrix(d.site_xmat[s].reshape(3, 3)))
            w = np.zeros(6)
            mujoco.mj_objectVelocity(m, d, mujoco.mjtObj.mjOBJ_SITE, s, w, 0)
            v.append(w)
        r0 = q[0].as_matrix()
        out = dict(pos=np.array(p), rot0=q[0],
                   rpos=np.array([x - p[0] for x in p[1:]]),
                   rangle=np.array([R.from_matrix(r0.T @ x.as_matrix()).as_rotvec() for x in q[1:]]),
                   rvel=np.array([np.r_[(r0.T @ x.as_matrix()).T @ u[:3] - v[0][:3], r0 @ (v[0][3:] - u[3:])] for x, u in zip(q[1:], v[1:])]))
        return out | dict(qpos=np.array(qpos), qvel=np.array(qvel), length=d.actuator_length.copy(), velocity=d.actuator_velocity.copy(),
                          force=d.actuator_force.copy(), act=d.act.copy(), torque=d.qfrc_actuator.copy(),
                          touch=np.concatenate([d.sensordata[m.sensor_adr[i]:m.sensor_adr[i] + 1] for i in range(m.nsensor)
                                                if m.sensor_type[i] == mujoco.mjtSensor.mjSENS_TOUCH] + [np.zeros(0)]))

    def reference(self, clip, frame):
        frame = min(frame, len(clip[0]) - 1)
        key = (id(clip[0]), frame)
        cache = self.__dict__.setdefault("cache", {})
        if key not in cache: cache[key] = self.sense(clip[0][frame], clip[1][frame])
        return cache[key]

    def observe(self, sim, ctrl, clip, frame):
        """name -> block"""
        L, stride = self.o.get("n_step_lookahead", 5), self.o.get("n_step_stride", 20)
        ref = [self.reference(clip, frame + k * stride) for k in range(L)]
        b = dict(qpos=sim["qpos"][self.keep], qvel=sim["qvel"])
        channels = ["length", "velocity", "force", "ctrl", "act"]
        muscle = np.stack([{"ctrl": ctrl}.get(c, sim.get(c)) for c in channels], 1)
        b |= {c: muscle[:, i] for i, c in enumerate(channels)} | dict(muscle=muscle.ravel())
        if not self.arm: b["touch"] = sim["touch"]
        for k in ("rpos", "rangle", "rvel"): b["site_" + k] = sim[k].ravel()
        if self.arm or not self.o.get("concise", True):
            b["goal_qpos"] = np.concatenate([r["qpos"][self.keep] for r in ref])
            b["goal_qvel"] = np.concatenate([r["qvel"] for r in ref])
            b["goal_rpos"] = np.concatenate([r["rpos"].ravel() for r in ref])
            if not self.o.get("concise", True):
                b["goal_rangle"] = np.concatenate([r["rangle"].ravel() for r in ref])
                b["goal_rvel"] = np.concatenate([r["rvel"].ravel() for r in ref])
        else:
            b["goal_0"] = ref[0]["rpos"].ravel()
            for k in range(1, L):
                b[f"goal_{k}"] = np.concatenate([ref[k]["qpos"][self.rp] - ref[0]["qpos"][self.rp],
                                                 ref[k]["qvel"][:self.rd] - ref[0]["qvel"][:self.rd], ref[k]["rpos"].ravel()])
        b["phase"] = np.array([min(frame, len(clip[0]) - 1) / len(clip[0])])
        return b

    def vector(self, b):
        return np.concatenate([v for k, v in b.items() if k not in ("length", "velocity", "force", "ctrl", "act")])

    def judge(self, sim, action, clip, frame, start, before):
        w, ref = self.w, self.reference(clip, frame)
        goal, offset = ref["qpos"].copy(), np.zeros(3)
        for i in self.xy:
            offset[i] = clip[0][start][i]
            goal[i] -= offset[i]
        dq, s = sim["qpos"] - goal, {}
        quat = 0.0
        if self.free:
            a, b = R.from_quat(sim["qpos"][3:7], scalar_first=True), R.from_quat(goal[3:7], scalar_first=True)
            quat = (a.inv() * b).magnitude()
        plain = np.delete(dq, [3, 4, 5, 6]) if self.free else dq
        mean = lambda x: np.mean(np.square(x)) if np.size(x) else 0.0
        d = dict(qpos=mean(plain) + quat, qvel=mean(sim["qvel"] - ref["qvel"]), rpos=mean(sim["rpos"] - ref["rpos"]),
                 rquat=mean(sim["rangle"] - ref["rangle"]), rot=mean((sim["rvel"] - ref["rvel"])[:, :3]), lin=mean((sim["rvel"] - ref["rvel"])[:, 3:]))
        if self.o.get("mean_exp"):
            e = lambda k, x, more=0.0: np.mean(np.exp(-w[k][1] * (np.square(x) + more)))
            s |= dict(r_qpos=e("qpos", plain, quat), r_qvel=e("qvel", sim["qvel"] - ref["qvel"]), r_rpos=e("rpos", sim["rpos"] - ref["rpos"]),
                      r_rquat=e("rquat", sim["rangle"] - ref["rangle"]), r_rvel_rot=e("rvel", (sim["rvel"] - ref["rvel"])[:, :3]),
                      r_rvel_lin=e("rvel", (sim["rvel"] - ref["rvel"])[:, 3:]))
        else:
            s |= {"r_" + k: np.exp(-w[k][1] * d[k]) for k in ("qpos", "qvel", "rpos", "rquat")}
            s |= dict(r_rvel_rot=np.exp(-w["rvel"][1] * d["rot"]), r_rvel_lin=np.exp(-w["rvel"][1] * d["lin"]))
        s |= dict(r_root_pos=0.0, r_root_vel=0.0, e_root=0.0)
        if self.rp:
            pos = mean(dq[self.rp])
            own, want = sim["qvel"][:self.rd].copy(), ref["qvel"][:self.rd].copy()
            if self.free: own[:3], want[:3] = a.inv().apply(own[:3]), b.inv().apply(want[:3])
            s |= dict(r_root_pos=np.exp(-w["root_pos"][1] * pos), r_root_vel=np.exp(-w["root_vel"][1] * mean(own - want)), e_root=np.sqrt(pos))
        yaw = lambda r: np.arctan2(r.as_matrix()[1, 0], r.as_matrix()[0, 0])
        turn = yaw(a) - yaw(b) if self.free else yaw(sim["rot0"]) - yaw(ref["rot0"])
        s["e_yaw"] = abs(np.arctan2(np.sin(turn), np.cos(turn)))
        excess = np.maximum(np.abs(action) - 1, 0)
        rate = self.o.get("action_rate", 0) * np.sum(action**2)
        torque = self.o.get("torque", 0) * np.sum(sim["torque"][self.rd:]**2)
        energy = self.o.get("energy", 0) * np.mean(sim["act"]**2)
        s["penalty"] = max(-(0.01 * np.mean(excess**2) + rate + torque + energy), -1.0)
        s["reward"] = max(0.0, s["penalty"] + sum(w[k][0] * s["r_" + k] for k in ("qpos", "qvel", "root_pos", "root_vel", "rpos", "rquat")) +
                          w["rvel"][0] * (s["r_rvel_rot"] + s["r_rvel_lin"]))
        far = np.linalg.norm(sim["pos"] - (ref["pos"] - offset), axis=1)
        s |= dict(e_qpos=np.sqrt(mean(dq[self.rq:])), e_qvel=np.sqrt(mean((sim["qvel"] - ref["qvel"])[self.rd:])), e_site=far.mean(),
                  e_rpos=np.sqrt(d["rpos"]), e_relative=np.linalg.norm(sim["rpos"] - ref["rpos"], axis=1).mean(), e_pelvis=far[0])
        hinges = [self.m.jnt_qposadr[j] for j in range(self.m.njnt) if self.m.jnt_type[j] == mujoco.mjtJoint.mjJNT_HINGE and self.m.jnt_qposadr[j] >= self.rq]
        s["e_angle"] = np.degrees(np.abs(sim["qpos"] - ref["qpos"])[hinges].mean())
        angle = quat if self.free else (sim["rot0"].inv() * ref["rot0"]).magnitude()
        limit = self.o["limit"]
        s["lost"] = s["e_site"] > limit if self.arm else s["e_relative"] > limit or far[0] > self.o["root_limit"] or angle > 1.0
        s["clip_end"] = frame >= len(clip[0]) - 1
        return s


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
        q[:, 0] = 3 + np.arange(frames) * 0.01
        q[:, 1] = 1.2
    return q, v


def states(m, task, clips, n, rng):
    """near their references: some nearer, some lost"""
    q, v, frame, start, env = [], [], [], [], np.zeros((n, 8))
    for i in range(n):
        clip = clips[i % len(clips)]
        length = len(clip[0])
        f = [0, 1, length - 2, length - 1][i % 8] if i % 8 < 4 else int(rng.integers(length))
        s = int(rng.integers(f + 1))
        at, scale = min(f + 1, length - 1), [0.02, 0.3, 2.0][i % 3]
        x = clip[0][at].copy()
        for k in task.xy: x[k] -= clip[0][s][k]
        x += scale * rng.normal(size=m.nq) * 0.3
        if task.free: x[3:7] /= np.linalg.norm(x[3:7])
        q.append(x)
        v.append(clip[1][at] + scale * rng.normal(size=m.nv))
        frame.append(f)
        start.append(s)
        env[i, :4] = i % len(clips), f, s, f - s
        for k in task.xy: env[i, 4 + k] = clip[0][s][k]
    return np.array(q), np.array(v), frame, start, env


def compare(name, path, fingers, opts, sets, args, folder):
    rng = np.random.default_rng(7)
    arm = "bimanual" in path
    m = load(path, fingers, arm)
    task = Task(m, arm, opts)
    frames, n = 131, args.states
    clips = [smooth(rng, frames, m, task.free) for _ in range(5)]
    q, v, frame, start, env = states(m, task, clips, n, rng)
    act, action = rng.uniform(0, 1, (n, m.na)), rng.normal(size=(n, m.nu)) * 1.2
    source = os.path.join(folder, "env_in.h5")
    with h5py.File(source, "w") as f:
        for k, x in dict(clip_qpos=[c[0] for c in clips], clip_qvel=[c[1] for c in clips], qpos=q, qvel=v, act=act, action=action, env_state=env).items():
            f[k] = np.asarray(x, float)
    broken = 0
    for run in (["native", "f64"], ["opencl", "f32"]):
        gate, target = (1e-6, 1e-3)[run[1] == "f32"], os.path.join(folder, "env_out.h5")
        done = subprocess.run([args.probe, path, source, target, *run, *(["no-fingers"] if not fingers else []), *sets], capture_output=True, text=True)
        if done.returncode:
            print(f"{name} on {' '.join(run)}: {done.stderr.strip()}")
            broken += 1
            continue
        with h5py.File(target) as f: got = {k: f[k][:] for k in f}
        worst, lost = {}, 0

        def near(what, ours, theirs, factor=1.0):
            error = np.linalg.norm(np.asarray(ours) - theirs) / max(np.linalg.norm(theirs), 1e-3)
            worst[what] = max(worst.get(what, 0), error / factor)

        for i in range(n):
            clip = clips[i % len(clips)]
            f = min(frame[i] + 1, frames - 1)
            ctrl = np.clip(action[i], -1, 1)
            sim = task.sense(q[i], v[i], act[i], ctrl)
            blocks = task.observe(sim, ctrl, clip, f)
            s = task.judge(sim, action[i], clip, f, start[i], v[i])
            done = s["lost"] or s["clip_end"]
            seen, at, both = (got["last"] if done else got["obs"])[i], 0, task.vector(blocks)
            if len(seen) != len(both): raise SystemExit(f"{name}: {len(seen)} observations, {len(both)} expected")
            for k, x in blocks.items():
                if k in ("length", "velocity", "force", "ctrl", "act"): continue
                near(k, seen[at:at + len(x)], x, 10 if k in ("muscle", "touch") else 1)
                at += len(x)
            for k in s:
                if k in SIGNALS: near(k, got["signal"][i, SIGNALS.index(k)], s[k])
            lost += s["lost"]
            flags = dict(done=done, early=s["lost"], end=s["clip_end"] and not s["lost"])
            margin = min(abs(s["e_relative"] - opts["limit"]), abs(s["e_site"] - opts["limit"]), abs(s["e_pelvis"] - opts["root_limit"]))
            for k, x in flags.items():
                if got["signal"][i, SIGNALS.index(k)] != x and margin > 1e-4:
                    broken += 1
                    print(f"  BROKEN {name} {k} of state {i}: {got['signal'][i, SIGNALS.index(k)]} for {x}")
            # who ended starts again at frame 0 of its clip, above the origin, muscles at rest
            if done:
                begin = clip[0][0].copy()
                for k in task.xy: begin[k] = 0
                near("reset", got["qpos"][i], begin)
                near("reset", got["env_state"][i, :4], [i % len(clips), 0, 0, 0])
                near("first observation", got["obs"][i], task.vector(task.observe(task.sense(begin, clip[1][0], np.zeros(m.na), np.zeros(m.nu)), np.zeros(m.nu), clip, 0)), 10)
            else:
                near("kept", got["qpos"][i], q[i])
        for k, x in worst.items():
            if not x <= gate:
                broken += 1
                print(f"  BROKEN {name} on {' '.join(run)} {k}: {x:.1e}, gate {gate:.0e}")
        top = max(worst, key=worst.get)
        print(f"{name} on {' '.join(run):10s}: {n} states, {lost} lost, {len(worst)} blocks, worst {worst[top]:.1e} ({top})")
    return broken


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("probe")
    parser.add_argument("--body")
    parser.add_argument("--arm")
    parser.add_argument("--states", type=int, default=64)
    args = parser.parse_args()
    legs = os.path.join(HERE, "..", "..", "models", "legs18.xml")
    small = dict(limit=0.3, root_limit=0.5)
    runs = [("legs18", legs, True, small, []),
            ("legs18, whole look-ahead, mean of exponentials", legs, True, small | dict(concise=False, mean_exp=True, n_step_lookahead=3, n_step_stride=7),
             ["use_concise_lookahead=false", "use_mean_exp_reward=true", "n_step_lookahead=3", "n_step_stride=7"]),
            ("legs18, penalties", legs, True, small | dict(energy=0.3, torque=1e-6, action_rate=0.01),
             ["activation_energy_coeff=0.3", "joint_torque_coeff=1e-6", "action_rate_coeff=0.01"])]
    limits = ["mean_site_deviation_threshold=0.3", "root_deviation_threshold=0.5"]
    if args.body: runs.append(("full body without fingers", args.body, False, small, limits))
    if args.arm:
        runs.append(("arms", args.arm, True, small, limits))
        runs.append(("arms without fingers", args.arm, False, small, limits))
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, path, fingers, opts, sets in runs: broken += compare(name, path, fingers, opts, sets, args, folder)
    print(f"env: {broken} gates broken")
    return broken > 0


if __name__ == "__main__":
    sys.exit(main())
