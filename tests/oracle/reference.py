"""MuJoCo's side of the comparison: random states, every field, contacts, the states that follow, and what was active.

MuJoCo as it comes stops its general convex collision when the distance is right to opt.ccd_tolerance, 1e-6 m; the
normal is then right to about the square root of that, and forces with it. Its solver stops when a step promises less
than opt.tolerance. Both may differ by more than the gates from where they are going, so the reference is MuJoCo run to
the end: tolerances of 1e-12 and 0, nearly; contacts of spheres, capsules and ellipsoids refined by Newton's method from where
MuJoCo has left them (convex.refine); those of general pairs with flat parts replaced by ours where convex.certify has
proved them from the shapes. Everything behind the contacts is MuJoCo's own.
"""
import collections
import concurrent.futures
import copy
import multiprocessing
import os

import mujoco
import numpy as np

import convex

GEOM = ["plane", "hfield", "sphere", "capsule", "ellipsoid", "cylinder", "box", "mesh"]
ANALYTIC = {(0, 2), (0, 3), (0, 4), (0, 5), (0, 6), (2, 2), (2, 3), (2, 5), (2, 6), (3, 3), (3, 6), (6, 6)}
ROWS = ["equality", "joint friction", "tendon friction", "joint limit", "tendon limit", "contact", "contact", "contact"]

Contact = collections.namedtuple("Contact", "geoms dist pos frame")


def converged(m):
    m = copy.copy(m)
    m.opt.ccd_tolerance, m.opt.ccd_iterations = 1e-12, 2000
    m.opt.tolerance, m.opt.iterations = 1e-30, max(200, m.opt.iterations)  # until the cost falls no more
    return m


def exact_in_float(states):
    """the same numbers in float and in double, so that both compute from the same states"""
    return {key: np.asarray(value, np.float32).astype(float) for key, value in states.items()}


def coarse(states):
    """rounded, so that they take little room in a file: positions to 1e-6, the rest to 1/256"""
    steps = {"qpos": 2.0 ** 20, "qvel": 2.0 ** 12}
    return {key: np.round(value * steps.get(key, 256.0)) / steps.get(key, 256.0) for key, value in states.items()}


def random_turn(rng, most):
    axis, turn = rng.normal(size=3), np.zeros(4)
    mujoco.mju_axisAngle2Quat(turn, axis / np.linalg.norm(axis), rng.uniform(0, most))
    return turn


def random_joint(m, d, j, k, rng):
    a, kind = m.jnt_qposadr[j], m.jnt_type[j]
    lo, hi = m.jnt_range[j] if m.jnt_limited[j] else (-0.5, 0.5)
    over = 0.02 * (hi - lo) if k % 4 == 0 else 0.0
    if kind == mujoco.mjtJoint.mjJNT_FREE:
        d.qpos[a:a + 3] += rng.uniform(-0.3, 0.3, 3)
        d.qpos[a + 2] -= rng.uniform(0, 1.0) if k % 3 == 0 else 0
        mujoco.mju_mulQuat(d.qpos[a + 3:a + 7], d.qpos[a + 3:a + 7].copy(), random_turn(rng, 0.6))
    elif kind == mujoco.mjtJoint.mjJNT_BALL:
        d.qpos[a:a + 4] = random_turn(rng, hi + over if m.jnt_limited[j] else np.pi)
    else:
        d.qpos[a] = rng.uniform(lo - over, hi + over)


def place_coupled(m, d):
    """coupled joints where they belong"""
    for e in range(m.neq):
        if m.eq_type[e] != mujoco.mjtEq.mjEQ_JOINT:
            continue
        first = m.jnt_qposadr[m.eq_obj1id[e]]
        x = 0.0
        if m.eq_obj2id[e] >= 0:
            second = m.jnt_qposadr[m.eq_obj2id[e]]
            x = d.qpos[second] - m.qpos0[second]
        d.qpos[first] = m.qpos0[first] + np.polyval(m.eq_data[e, 4::-1], x)


def random_states(m, count, rng):
    """Half with the coupled joints where they belong, half without; a third nearer the floor, a fifth at rest."""
    d = mujoco.MjData(m)
    states = []
    for k in range(count):
        mujoco.mj_resetData(m, d)
        for j in range(m.njnt):
            random_joint(m, d, j, k, rng)
        if k % 2 == 0:
            place_coupled(m, d)
        low = np.where(m.actuator_ctrllimited, m.actuator_ctrlrange[:, 0], -1)
        high = np.where(m.actuator_ctrllimited, m.actuator_ctrlrange[:, 1], 1)
        over = 0.1 * (high - low)
        state = {
            "qpos": d.qpos.copy(), "qvel": rng.normal(size=m.nv) * (0.0 if k % 5 == 0 else 1.0),
            "ctrl": rng.uniform(low - over, high + over), "qfrc_applied": rng.normal(size=m.nv) * (k % 2) * 0.1,
        }
        if m.na:
            state["act"] = rng.uniform(0, 1, m.na)
        states.append(state)
    return exact_in_float({key: np.array([s[key] for s in states]) for key in states[0]})


def put(m, d, states, i):
    mujoco.mj_resetData(m, d)
    for key in states:
        if states[key].shape[1]:
            getattr(d, key)[:] = states[key][i]


def kind_of(m, geoms):
    return tuple(sorted(int(m.geom_type[g]) for g in geoms))


def general(m, geoms):
    return kind_of(m, geoms) not in ANALYTIC


def contacts_of(d):
    return [Contact(tuple(int(g) for g in c.geom), c.dist, c.pos.copy(), c.frame.copy()) for c in d.contact]


def match(found, expected):
    """Each expected contact with the nearest found one of the same geoms that is not taken, or None."""
    left = list(found)
    pairs = []
    for e in expected:
        same = [i for i, f in enumerate(left) if f.geoms == e.geoms]
        best = min(same, key=lambda i: np.linalg.norm(left[i].pos - e.pos), default=None)
        pairs.append((None if best is None else left.pop(best), e))
    return pairs


def frame_of(normal):
    """the contact frame that MuJoCo completes from a normal"""
    x = normal / np.linalg.norm(normal)
    y = np.array([0.0, 1, 0]) if abs(x[1]) < 0.5 else np.array([0.0, 0, 1])
    y -= x * (x @ y)
    y /= np.linalg.norm(y)
    return np.concatenate([x, y, np.cross(x, y)])


class Counts:
    """What the states have met: how often, and on how many of those that the model has."""

    def __init__(self, m):
        self.m = m
        self.times, self.who = collections.Counter(), collections.defaultdict(set)

    def add(self, kind, who):
        self.times[kind] += 1
        self.who[kind].add(who)

    def wraps(self, d):
        m = self.m
        for t in range(m.ntendon):
            on = set(d.wrap_obj.ravel()[d.ten_wrapadr[t]:d.ten_wrapadr[t] + d.ten_wrapnum[t]].tolist())
            for w in range(m.tendon_adr[t], m.tendon_adr[t] + m.tendon_num[t]):
                kind = int(m.wrap_type[w])
                if kind in (4, 5):
                    self.add(self.wrap_kind(d, w, kind, int(m.wrap_objid[w]) in on), w)

    def wrap_kind(self, d, w, kind, on):
        m = self.m
        name = "sphere" if kind == 4 else "cylinder"
        if not on:
            return f"{name} passed by"
        side = int(m.wrap_prm[w])
        if side >= 0:
            geom = m.wrap_objid[w]
            at = d.geom_xmat[geom].reshape(3, 3).T @ (d.site_xpos[side] - d.geom_xpos[geom])
            if np.linalg.norm(at) < m.geom_size[geom, 0]:
                return f"{name} inside"
        return f"{name} wrapped"

    def rows(self, d):
        for kind, who in zip(d.efc_type[:d.nefc], d.efc_id[:d.nefc]):
            if ROWS[kind] != "contact":
                self.add(ROWS[kind], int(who))

    def contacts(self, d):
        cone = "pyramidal" if self.m.opt.cone == 0 else "elliptic"
        for c in d.contact:
            low, high = kind_of(self.m, c.geom)
            self.add(f"contact {GEOM[low]}-{GEOM[high]}", tuple(c.geom))
            self.add(f"contact of dimension {c.dim}" + (f" {cone}" if c.dim > 1 else ""), tuple(c.geom))

    def of(self, d):
        self.wraps(d)
        self.rows(d)
        self.contacts(d)

    def whole(self, kind):
        """how many the model has of a kind, 0: not known"""
        m = self.m
        sphere, cylinder = (int((m.wrap_type == k).sum()) for k in (4, 5))
        return {"sphere wrapped": sphere, "sphere passed by": sphere, "sphere inside": 0, "cylinder inside": 0,
                "cylinder wrapped": cylinder, "cylinder passed by": cylinder, "equality": m.neq,
                "joint limit": int(m.jnt_limited.sum()), "tendon limit": int(m.tendon_limited.sum()),
                "joint friction": int((m.dof_frictionloss > 0).sum()),
                "tendon friction": int((m.tendon_frictionloss > 0).sum())}.get(kind, 0)

    def lines(self):
        for kind, times in sorted(self.times.items()):
            whole = self.whole(kind)
            yield f"{kind}: {times} times, on {len(self.who[kind])}" + (f" of {whole}" if whole else "")


def replace(m, d, exact):
    """puts exact contacts, by their number, into d.contact"""
    for i, c in exact.items():
        here = d.contact[int(i)]
        here.dist, here.pos[:], here.frame[:] = c.dist, c.pos, c.frame
    if exact:
        mujoco.mj_makeConstraint(m, d)
        mujoco.mj_island(m, d)
        mujoco.mj_projectConstraint(m, d)


def finish(m, d):
    """the rest of mj_forward behind mj_fwdPosition"""
    mujoco.mj_sensorPos(m, d)
    mujoco.mj_forwardSkip(m, d, mujoco.mjtStage.mjSTAGE_POS, 0)


def reached(m, states, i, lengths, within, rng, count=200):
    """Does MuJoCo have these tendon lengths at states so near that float does not tell them apart? Its inside wraps jump
    by up to a millimetre where its solver gives up."""
    d = mujoco.MjData(m)
    least = np.full(m.ntendon, np.inf)
    for _ in range(count):
        put(m, d, states, i)
        d.qpos += 5e-6 * rng.uniform(-1, 1, m.nq)
        mujoco.mj_kinematics(m, d)
        mujoco.mj_comPos(m, d)
        mujoco.mj_tendon(m, d)
        least = np.minimum(least, np.abs(d.ten_length - lengths))
    return bool(np.all(least <= within))


def read(m, d, names):
    out = {}
    for name in names:
        if name == "qM":
            out[name] = np.zeros((m.nv, m.nv))
            mujoco.mj_fullM(m, d, out[name])
        else:
            out[name] = np.array(getattr(d, name))
        out[name] = out[name].ravel().copy()
    return out


def one_step(m, d):
    if m.opt.integrator == mujoco.mjtIntegrator.mjINT_EULER:
        mujoco.mj_Euler(m, d)
    else:
        mujoco.mj_implicit(m, d)


GENERAL = np.array([[(a, b) not in ANALYTIC for b in range(8)] for a in range(8)])
SMOOTH = GENERAL & np.array([[a in (2, 3, 4) and b in (2, 3, 4) for b in range(8)] for a in range(8)])


def refined(m, d):
    """contacts of smooth general pairs made exact, by their number"""
    if d.ncon == 0:
        return {}
    geoms, frames = d.contact.geom, d.contact.frame
    kinds = m.geom_type[geoms]
    out = {}
    for i in np.flatnonzero(SMOOTH[kinds.min(1), kinds.max(1)]):
        g = geoms[i]
        dist, pos, n = convex.refine(kinds[i], m.geom_size[g], d.geom_xpos[g], d.geom_xmat[g].reshape(2, 3, 3), frames[i, :3])
        out[i] = Contact(tuple(int(x) for x in g), dist, pos, frame_of(n))
    return out


def flat_parts(m, d):
    """Is there a contact of a general pair with flat parts?"""
    if d.ncon == 0:
        return False
    kinds = np.sort(m.geom_type[d.contact.geom], axis=1)
    return bool((GENERAL & ~SMOOTH)[kinds[:, 0], kinds[:, 1]].any())


def walk(m, states, which, steps):
    d = mujoco.MjData(m)
    ends = []
    for i in which:
        put(m, d, states, i)
        flat = False
        for _ in range(steps):
            mujoco.mj_fwdPosition(m, d)
            flat = flat or flat_parts(m, d)
            replace(m, d, refined(m, d))
            finish(m, d)
            one_step(m, d)
        ends.append({"qpos": d.qpos.copy(), "qvel": d.qvel.copy(), "act": d.act.copy(), "flat": flat})
    return ends


def after_steps(m, states, steps):
    """qpos, qvel and act after some steps of MuJoCo run to the end; flat: contacts of flat parts were met, which MuJoCo
    has left as they are"""
    count, jobs = len(states["qpos"]), os.cpu_count()
    with concurrent.futures.ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        parts = [pool.submit(walk, m, states, range(k, count, jobs), steps) for k in range(jobs)]
        parts = [p.result() for p in parts]
    ends = [parts[i % jobs][i // jobs] for i in range(count)]
    return {name: np.array([e[name] for e in ends]) for name in ends[0]}


def in_motion(m, states, ends):
    """states that are in motion: where the walk ended, with the controls it had, and no other force"""
    moving = dict(states, qfrc_applied=np.zeros_like(states["qfrc_applied"]), **{k: v for k, v in ends.items() if k in states})
    return exact_in_float(moving)


def by_default(m, states, steps):
    """qpos after some steps of MuJoCo as it comes"""
    d, out = mujoco.MjData(m), []
    for i in range(len(states["qpos"])):
        put(m, d, states, i)
        mujoco.mj_step(m, d, steps)
        out.append(d.qpos.copy())
    return np.array(out)
