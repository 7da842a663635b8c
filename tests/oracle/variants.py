"""The published finger-free variants and the mimic sites, made with MuJoCo's own model editing."""
import os

import mujoco

HAND_JOINTS = ["cmc_flexion", "cmc_abduction", "mp_flexion", "ip_flexion"] + \
    [f"mcp{i}_{d}" for i in (2, 3, 4, 5) for d in ("flexion", "abduction")] + \
    [f"{p}{i}_flexion" for i in (2, 3, 4, 5) for p in ("pm", "md")]
HAND_MUSCLES = ["FDS", "FDP", "EDC", "RI", "LU_RB", "UI_UB"]
HAND_SINGLE = ["EDM", "EIP", "EPL", "EPB", "FPL", "APL", "OP"]


def _is_hand_muscle(name):
    stem = name.removesuffix("_left")
    return stem in HAND_SINGLE or any(stem == f"{m}{i}" for m in HAND_MUSCLES for i in (2, 3, 4, 5))


def _is_hand_joint(name):
    for side in ("_left", "_l", "_r", ""):
        if name.removesuffix(side) in HAND_JOINTS:
            return True
    return False


def without_fingers(spec):
    tendons = set()
    for actuator in list(spec.actuators):
        if _is_hand_muscle(actuator.name):
            tendons.add(actuator.target)
            spec.delete(actuator)
    for tendon in list(spec.tendons):
        if tendon.name in tendons:
            spec.delete(tendon)
    for joint in list(spec.joints):
        if _is_hand_joint(joint.name):
            spec.delete(joint)
    for key in list(spec.keys):
        spec.delete(key)
    return spec


def load(path, fingers=True, options=()):
    spec = mujoco.MjSpec.from_file(os.path.abspath(path))  # nested includes of a relative path go astray in MuJoCo
    if not fingers:
        without_fingers(spec)
    m = spec.compile()
    for option in options:
        key, value = option.split("=")
        setattr(m.opt, key, type(getattr(m.opt, key))(value))
    return m


if __name__ == "__main__":
    import sys
    model = load(sys.argv[1], fingers=False)
    print({k: getattr(model, k) for k in "nq nv nu njnt neq ntendon nsensor".split()})
