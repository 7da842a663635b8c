#!/usr/bin/env python3
"""Exported policies in PyTorch and NumPy against the actions that the engine took.

    export.py PROGRAM [--backend native|opencl]     PROGRAM: build/musclemimic

Short runs of every kind of network are trained on the small model, exported, and evaluated with roll-outs. torch.nn modules
filled from the archive must give the recorded actions for the recorded observations, and so must the example in
examples/controller/controller.py. Ends with 1 if a gate is broken.
"""
import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = {"hidden": [], "block": ["use_residual=true"], "fixed": ["use_residual=true", "residual_type=fixed"],
         "mixture": ["use_moe=true", "moe_at_layers=[0, 2]"]}


class Linear(nn.Linear):
    def __init__(self, p, name):
        weight = torch.tensor(p[name + "weight"].astype(float))
        super().__init__(*weight.shape)
        self.weight.data, self.bias.data = weight.T.contiguous(), torch.tensor(p[name + "bias"].astype(float))


class Norm(nn.LayerNorm):
    def __init__(self, p, name):
        super().__init__(len(p[name + "gain"]), eps=float(p["layernorm_eps"]))
        self.weight.data, self.bias.data = (torch.tensor(p[name + n].astype(float)) for n in ("gain", "offset"))


class Block(nn.Module):
    def __init__(self, p, name):
        super().__init__()
        self.inner = nn.Sequential(Linear(p, name + "first/"), Norm(p, name + "first/"), nn.SiLU(), Linear(p, name + "second/"), Norm(p, name + "second/"))
        self.around = Linear(p, name + "path/") if name + "path/weight" in p else nn.Identity()
        self.share = float(p["share"]) if "share" in p else float(torch.sigmoid(torch.tensor(p[name + "share"].astype(float)))[0])

    def forward(self, x): return nn.functional.silu(self.around(x) + self.share * self.inner(x))


class Mixture(nn.Module):
    def __init__(self, p, name):
        super().__init__()
        self.gate, self.norm, self.temperature = Linear(p, name + "gate/"), Norm(p, name), float(p["temperature"])
        n = int(p["experts"])
        cut = {k: np.split(p[name + k].astype(float), n, axis) for k, axis in (("inside/weight", 1), ("inside/bias", 0), ("outside/weight", 0))}
        experts = [{"a/weight": cut["inside/weight"][e], "a/bias": cut["inside/bias"][e], "b/weight": cut["outside/weight"][e],
                    "b/bias": p[name + "outside/bias"][e]} for e in range(n)]
        self.experts = nn.ModuleList(nn.Sequential(Linear(q, "a/"), nn.SiLU(), Linear(q, "b/")) for q in experts)

    def forward(self, x):
        t = torch.softmax(self.gate(x) / self.temperature, -1)
        return nn.functional.silu(self.norm(sum(t[:, i:i + 1] * expert(x) for i, expert in enumerate(self.experts))))


def network(p, net):
    kinds, layers = p[net + "/layers"], []
    for i, kind in enumerate(kinds):
        name = f"{net}/{i}/"
        layers.append({"hidden": lambda: nn.Sequential(Linear(p, name), Norm(p, name), nn.SiLU()), "block": lambda: Block(p, name),
                       "mixture": lambda: Mixture(p, name)}[str(kind)]())
    return nn.Sequential(*layers, Linear(p, f"{net}/{len(kinds)}/"))


def numpy_example():
    path = os.path.join(HERE, "..", "..", "examples", "controller", "controller.py")
    spec = importlib.util.spec_from_file_location("controller", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--backend", default="native")
    args = parser.parse_args()
    broken, root = 0, os.path.join(HERE, "..", "..")
    with tempfile.TemporaryDirectory() as folder:
        at = lambda name: os.path.join(folder, name)
        device = ["--backend", args.backend, "--precision", "f32", "--quiet"]
        run = lambda *words: subprocess.run([args.program, *map(str, words)], check=True, capture_output=True)
        run("walk", "-o", at("walk.npz"))
        model = os.path.join(root, "models", "legs18.xml")
        run("retarget", at("walk.npz"), model, "-o", at("clip.h5"), *device)
        for kind, settings in KINDS.items():
            sets = ["num_envs=16", "num_steps=16", "num_minibatches=2", "total_timesteps=2560", "lr=0.005", "actor_hidden_layers=[40,48,36,48,20]",
                    "critic_hidden_layers=[24,24,24]", *settings]
            run("train", model, at("clip.h5"), "-o", at("policy.h5"), *device, *(word for s in sets for word in ("--set", s)))
            run("export", at("policy.h5"), "--npz", at("policy.npz"))
            run("eval", at("policy.h5"), "--threshold", 5, "--root-threshold", 50, "--rollouts", "-o", at("eval.h5"), *device)
            archive = np.load(at("policy.npz"))
            p = {name: archive[name] for name in archive.files}
            with h5py.File(at("eval.h5")) as f:
                seen, done = f["rollouts/0000/observation"][:-1].astype(float), f["rollouts/0000/action"][1:].astype(float)
            x = torch.tensor((seen - p["observations/mean"]) / np.sqrt(p["observations/variance"].astype(float) + 1e-8))
            with torch.no_grad(): theirs = network(p, "actor")(x).numpy()
            ours = numpy_example().act({k: v.astype(float) if v.dtype.kind == "f" else v for k, v in p.items()}, seen)
            for name, actions in (("PyTorch", theirs), ("NumPy", ours)):
                error = np.linalg.norm(actions - done) / np.linalg.norm(done)
                parameters = sum(w.numel() for w in network(p, "actor").parameters())
                print(f"{kind:8s} {name:8s} {len(seen)} actions of {parameters} parameters: relative difference {error:.1e}")
                broken += not error < 1e-5
    print(f"export: {broken} gates broken")
    return broken > 0


if __name__ == "__main__":
    sys.exit(main())
