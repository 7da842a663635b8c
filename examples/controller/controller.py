#!/usr/bin/env python3
"""The same in NumPy: a policy from 'musclemimic export policy.h5 --npz policy.npz' in a closed loop.

    musclemimic eval policy.h5 --controller "python3 examples/controller/controller.py policy.npz"

controller.c says what goes over standard input and output. layer() is every kind of layer there is.
"""
import sys

import numpy as np


def silu(x): return x / (1 + np.exp(-x))


def layer(p, kind, name, x):
    """hidden layer, residual block or mixture of experts"""
    dense = lambda n, x: x @ p[name + n + "weight"] + p[name + n + "bias"]

    def norm(n, x):
        eps = p["layernorm_eps"]
        if eps > 0: x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)
        return x * p[name + n + "gain"] + p[name + n + "offset"]

    if kind == "hidden": return silu(norm("", dense("", x)))
    if kind == "block":
        u = norm("second/", dense("second/", silu(norm("first/", dense("first/", x)))))
        share = p["share"] if "share" in p else 1 / (1 + np.exp(-p[name + "share"]))
        return silu((dense("path/", x) if name + "path/weight" in p else x) + share * u)
    logits = dense("gate/", x) / p["temperature"]
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    inside = silu(dense("inside/", x)).reshape(len(x), weights.shape[1], -1) * weights[:, :, None]
    return silu(norm("", inside.reshape(len(x), -1) @ p[name + "outside/weight"] + weights @ p[name + "outside/bias"]))


def act(p, observation):
    x = (observation - p["observations/mean"]) / np.sqrt(p["observations/variance"] + 1e-8)
    for i, kind in enumerate(p["actor/layers"]): x = layer(p, kind, f"actor/{i}/", x)
    last = f"actor/{len(p['actor/layers'])}/"
    return x @ p[last + "weight"] + p[last + "bias"]


def main():
    archive = np.load(sys.argv[1])
    p = {name: archive[name] for name in archive.files}
    n, stdin, stdout = len(p["observations/mean"]), sys.stdin.buffer, sys.stdout.buffer
    stdout.write(np.array([n, len(p["log_std"])], "i4").tobytes())
    stdout.flush()
    while head := stdin.read(4):
        rows = int(np.frombuffer(head, "i4")[0])
        observations = np.frombuffer(stdin.read(4 * rows * n), "f4").reshape(rows, n)
        stdout.write(act(p, observations).astype("f4").tobytes())
        stdout.flush()


if __name__ == "__main__":
    main()
