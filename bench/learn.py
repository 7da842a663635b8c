#!/usr/bin/env python3
"""Learning on the cores of this machine: PPO updates beside the same in PyTorch, and training as a whole with its parts.

    learn.py PROGRAM [MYOFULLBODY.xml] [--seconds 4] [--envs 16,64,256,1024]      PROGRAM: bench/learn.c

An update is that of one minibatch: normalisation, forward, clipped policy and value loss, backward, clipping of the
gradient, optimiser; the same mathematics on both sides, in turn, in one run, best of several. A training run has 20
control steps of 5 substeps a rollout and one pass in minibatches of 1,280 steps; its parts are waited for one by one, so
that together they take a little longer than the whole.
"""
import argparse
import json
import os
import subprocess
import time

from machine import cpu_name

BLOCKS = "[1408, 5 x 2688, 1408, 768, 384]"
UPDATES = [("legs18, 2 x 256", 377, 18, "[2 x 256]", "plain", "adamw", 512),
           ("full body, 5 x 1024", 2418, 354, "[5 x 1024]", "plain", "adamw", 1280),
           ("full body, 5 x 1024, Muon", 2418, 354, "[5 x 1024]", "plain", "muon", 1280),
           ("full body, 16 x 1024", 2418, 354, "[16 x 1024]", "plain", "adamw", 1280),
           ("full body, residual", 2418, 354, BLOCKS, "residual", "adamw", 1280)]
RUNS = [("5 x 1024", "[5 x 1024]", "plain", 1024), ("residual", BLOCKS, "residual", 256)]


def widths(text):
    """ "[2 x 256, 10]" -> [256, 256, 10]"""
    out = []
    for part in text.strip("[]").split(","):
        count, _, width = part.rpartition("x")
        out += [int(width)] * (int(count) if count else 1)
    return out


def torch_network(torch, inputs, hidden, blocks, outputs):
    nn = torch.nn
    layer = lambda a, b: [nn.Linear(a, b), nn.LayerNorm(b, eps=1e-5)]

    class Block(nn.Module):
        def __init__(self, a, inner, b):
            super().__init__()
            self.own = nn.Sequential(*layer(a, inner), nn.SiLU(), *layer(inner, b))
            self.path = nn.Linear(a, b) if a != b else nn.Identity()
            self.share = nn.Parameter(torch.tensor(-2.0))

        def forward(self, x):
            return nn.functional.silu(self.path(x) + torch.sigmoid(self.share) * self.own(x))

    parts, i = [], 0
    while i < len(hidden):
        if blocks and i + 1 < len(hidden):
            parts.append(Block(inputs, hidden[i], hidden[i + 1]))
            i += 1
        else:
            parts += layer(inputs, hidden[i]) + [nn.SiLU()]
        inputs, i = hidden[i], i + 1
    return nn.Sequential(*parts, nn.Linear(inputs, outputs))


def torch_muon(torch, params, moments):
    """momentum, five Newton-Schulz steps, the update; vectors by AdamW elsewhere"""
    for p, m in zip(params, moments):
        m.lerp_(p.grad, 0.05)
        x = p.grad.lerp(m, 0.95)
        x = x.T if x.shape[0] > x.shape[1] else x
        x = x / (x.norm() + 1e-8)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        p.data.add_(x.T if p.shape[0] > p.shape[1] else x, alpha=-1e-6)


def pytorch(torch, obs, act, layers, kind, optimizer, rows, seconds):
    torch.manual_seed(0)
    actor, critic = (torch_network(torch, obs, widths(layers), kind == "residual", n) for n in (act, 1))
    log_std = torch.nn.Parameter(torch.zeros(act))
    params = [*actor.parameters(), *critic.parameters(), log_std]
    matrices = [p for p in params if p.ndim == 2] if optimizer == "muon" else []
    moments = [torch.zeros_like(p) for p in matrices]
    adam = torch.optim.AdamW([p for p in params if all(p is not m for m in matrices)], lr=1e-6, eps=1e-5, weight_decay=0)
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
        for p in params: p.grad = None
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        adam.step()
        with torch.no_grad(): torch_muon(torch, matrices, moments)

    minibatch()
    best, begin, count = 1e9, time.perf_counter(), 0
    while count < 2 or time.perf_counter() - begin < seconds:
        t = time.perf_counter()
        minibatch()
        best, count = min(best, time.perf_counter() - t), count + 1
    return 1e3 * best


def ours(program, *words):
    done = subprocess.run([program, *map(str, words), "opencl", "f32"], capture_output=True, text=True)
    if done.returncode: raise SystemExit(f"{program}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def updates(args):
    try:
        import torch
    except ImportError:
        torch = None
    print(f"One minibatch of PPO, ms; {'PyTorch ' + torch.__version__ if torch else 'no PyTorch here'}\n")
    print(f"{'networks':27s} {'parameters':>11s} {'rows':>5s} {'ours':>9s} {'PyTorch':>9s} {'ratio':>6s} {'optimiser':>10s} {'GFLOP/s':>8s}")
    for name, obs, act, layers, kind, optimizer, rows in UPDATES:
        us = ours(args.program, "update", obs, act, layers, kind, optimizer, rows, args.seconds)
        them = pytorch(torch, obs, act, layers, kind, optimizer, rows, args.seconds) if torch else float("nan")
        best, step = us["best_ms"], us["step_ms"]
        print(f"{name:27s} {us['parameters']:11,d} {rows:5d} {best:9.2f} {them:9.2f} {them / best:6.2f} {step:10.2f} "
              f"{6e-6 * us['parameters'] * rows / (best - step):8.0f}", flush=True)


def runs(args):
    names = ("physics", "observation", "policy", "advantages", "update")
    print("\nTraining MyoFullBody without fingers, AdamW; seconds of a rollout of 20 control steps and its update\n")
    print(f"{'networks':10s} {'envs':>5s} {'steps/s':>8s} {'whole':>8s} " + " ".join(f"{n:>11s}" for n in names) + f" {'buffers':>9s} {'resident':>9s}")
    for name, layers, kind, most in RUNS:
        for envs in args.envs:
            if envs > most: continue
            r = ours(args.program, "run", args.model, layers, kind, "adamw", envs, 20, 2 if envs * most <= 1 << 18 and kind == "plain" else 1)
            print(f"{name:10s} {envs:5d} {r['steps'] / r['best_s']:8,.0f} {r['best_s']:8.3f} " + " ".join(f"{r[n + '_s']:11.4f}" for n in names) +
                  f" {r['bytes'] / 2**30:6.2f} GB {r['resident'] / 2**30:6.2f} GB", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("model", nargs="?")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--envs", type=lambda text: [int(x) for x in text.split(",")], default=[16, 64, 256, 1024])
    parser.add_argument("--part", choices=["updates", "runs", "all"], default="all")
    args = parser.parse_args()
    if args.part != "runs":
        print(f"{cpu_name()}, {os.cpu_count()} cores; OpenCL through PoCL, float\n")
        updates(args)
    if args.part != "updates" and args.model: runs(args)


if __name__ == "__main__":
    main()
