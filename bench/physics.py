#!/usr/bin/env python3
"""Physics side by side: this engine and MuJoCo C on the same cores, in turn, in one run.

    physics.py MODEL.xml … [--no-fingers] [--envs 1024] [--rounds 5] [--seconds 2] [--program build/musclemimic]

Both step the same model at 2 ms under random excitations in [0, 0.3] redrawn every 5 substeps, contacts on, in episodes of
500 substeps from the start pose; MuJoCo with one C thread a core. Prints substeps/s of every round and the median of their
ratios.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import mujoco
import numpy as np
from mujoco import rollout

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "oracle"))
import variants
from machine import cpu_name


def mujoco_rate(m, seconds, threads, episode):
    """substeps a second of all threads, in C: mujoco.rollout steps one episode a thread, again and again"""
    data = [mujoco.MjData(m) for _ in range(threads)]
    start = np.zeros((threads, mujoco.mj_stateSize(m, mujoco.mjtState.mjSTATE_FULLPHYSICS)))
    for row in start:
        mujoco.mj_getState(m, data[0], row, mujoco.mjtState.mjSTATE_FULLPHYSICS)
    rng = np.random.default_rng(0)
    steps = elapsed = 0
    with rollout.Rollout(nthread=threads) as pool:
        while elapsed < seconds:
            ctrl = np.repeat(rng.uniform(0, 0.3, (threads, episode // 5, m.nu)), 5, axis=1)
            begun = time.perf_counter()
            pool.rollout(m, data, start, ctrl)
            elapsed += time.perf_counter() - begun
            steps += threads * episode
    return steps / elapsed


def our_run(args, model, backend, precision):
    command = [args.program, "bench", model, "--envs", str(args.envs), "--seconds", str(args.seconds),
               "--backend", backend, "--precision", precision, "--set-option", "timestep=0.002", "--json"]
    if args.no_fingers:
        command.append("--no-fingers")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+")
    parser.add_argument("--no-fingers", action="store_true")
    parser.add_argument("--envs", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--backend", default="opencl")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--program", default="build/musclemimic")
    args = parser.parse_args()
    threads = os.cpu_count()
    print(f"{cpu_name()}, {threads} cores; MuJoCo {mujoco.__version__}, {threads} threads; {args.envs} environments, 2 ms substeps")
    for model in args.models:
        m = variants.load(model, fingers=not args.no_fingers, options=["timestep=0.002"])
        print(f"\n{os.path.basename(model)}{' without fingers' if args.no_fingers else ''}: nv {m.nv}, nu {m.nu}")
        print(f"{'round':<8}{'ours':>14}{'MuJoCo':>14}{'ratio':>9}   substeps/s")
        ratios, last = [], None
        for k in range(args.rounds):
            last = our_run(args, model, args.backend, args.precision)
            theirs = mujoco_rate(m, args.seconds, threads, last["episode_substeps"])
            ratios.append(last["substeps_per_second"] / theirs)
            print(f"{k + 1:<8}{last['substeps_per_second']:>14,.0f}{theirs:>14,.0f}{ratios[-1]:>9.2f}")
        print(f"median ratio {statistics.median(ratios):.2f}; control steps of 5 substeps: "
              f"{last['substeps_per_second'] / 5:,.0f}/s on {last['device']}")
        for stage, us in last.get("stages_us", {}).items():
            print(f"  {stage:<16}{us:8.2f} us an environment and substep")
        for key in ("kept_bytes", "scratch_bytes", "contacts_mean", "rows_mean"):
            if key in last:
                print(f"  {key:<16}{last[key]:>12,.1f}")


if __name__ == "__main__":
    main()
