#!/usr/bin/env python3
"""A PPO minibatch, gradient and AdamW step, beside the same in PyTorch on the same cores in the same run.

    learn.py PROGRAM [--seconds 3]     PROGRAM: bench/learn.c

The same mathematics on both sides: normalised inputs, Dense-LayerNorm-SiLU layers, clipped policy and value loss,
gradient clipping, AdamW. Times are the best of several, ms.
"""
import argparse
import json
import subprocess
import time

import torch

CASES = [("small model, 2 x 128", 375, 18, 128, 2, 512), ("small model, 2 x 256", 375, 18, 256, 2, 512),
         ("full body, 5 x 1024", 2418, 354, 1024, 5, 1280), ("full body, 16 x 1024", 2418, 354, 1024, 16, 1280)]


def network(inputs, width, layers, outputs):
    parts = []
    for _ in range(layers):
        parts += [torch.nn.Linear(inputs, width), torch.nn.LayerNorm(width, eps=1e-5), torch.nn.SiLU()]
        inputs = width
    return torch.nn.Sequential(*parts, torch.nn.Linear(inputs, outputs))


def pytorch(obs, act, width, layers, rows, seconds):
    torch.manual_seed(0)
    actor, critic = network(obs, width, layers, act), network(obs, width, layers, 1)
    log_std = torch.nn.Parameter(torch.zeros(act))
    params = [*actor.parameters(), *critic.parameters(), log_std]
    adam = torch.optim.AdamW(params, lr=1e-6, eps=1e-5, weight_decay=0)
    x, a = torch.randn(rows, obs), torch.randn(rows, act)
    old, adv, v_old, target = (torch.randn(rows) for _ in range(4))
    mean, var = torch.zeros(obs), torch.ones(obs)

    def minibatch():
        d = x.mean(0) - mean
        v = (var + x.var(0, unbiased=False) + d**2) / 2
        z = (x - mean - d / 2) / torch.sqrt(v + 1e-8)
        logp = torch.distributions.Normal(actor(z), log_std.exp(), validate_args=False).log_prob(a).sum(-1)
        value = critic(z)[:, 0]
        ratio, n = (logp - old).exp(), (adv - adv.mean()) / (adv.std() + 1e-8)
        policy = -torch.minimum(ratio * n, ratio.clamp(0.8, 1.2) * n).mean()
        held = v_old + (value - v_old).clamp(-0.2, 0.2)
        loss = policy + 0.25 * torch.maximum((value - target)**2, (held - target)**2).mean()
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        adam.step()

    minibatch()
    best, begin, count = 1e9, time.perf_counter(), 0
    while count < 3 or time.perf_counter() - begin < seconds:
        t = time.perf_counter()
        minibatch()
        best, count = min(best, time.perf_counter() - t), count + 1
    return 1e3 * best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=3)
    args = parser.parse_args()
    print(f"{'case':22s} {'rows':>5s} {'parameters':>11s} {'opencl f32':>11s} {'native f32':>11s} {'PyTorch':>9s}  GFLOP/s of opencl")
    for name, obs, act, width, layers, rows in CASES:
        ours = {}
        for backend in ("opencl", "native"):
            done = subprocess.run([args.program, *map(str, (obs, act, width, layers, rows, args.seconds)), backend, "f32"], capture_output=True, text=True)
            ours[backend] = json.loads(done.stdout) if not done.returncode else None
            if done.returncode: print(done.stderr.strip())
        theirs = pytorch(obs, act, width, layers, rows, args.seconds)
        best = {k: v["best_ms"] if v else float("nan") for k, v in ours.items()}
        size = next(v for v in ours.values() if v)["parameters"]
        print(f"{name:22s} {rows:5d} {size:11,d} {best['opencl']:11.2f} {best['native']:11.2f} {theirs:9.2f}  {6e-6 * size * rows / best['opencl']:.0f}")


if __name__ == "__main__":
    main()
