#!/usr/bin/env python3
"""The learner's mathematics against PyTorch: statistics, networks, losses, advantages, optimiser, random numbers.

    learn.py PROBE [--keep FOLDER]     PROBE: the program tests/oracle/learn_probe.c

Random numbers go to the probe, which sends back what the kernels made of them. Double on the native backend must agree
to 1e-10, float on OpenCL to 1e-5, relative to the norm of each tensor. Ends with 1 if a gate is broken.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import torch

torch.set_default_dtype(torch.float64)
CASES = [
    dict(observations=37, actions_count=5, actor_hidden=[24, 17], critic_hidden=[33], layernorm_eps=1e-5, bootstrap=1),
    dict(observations=64, actions_count=18, actor_hidden=[32], critic_hidden=[48, 16, 32], layernorm_eps=1e-5, bootstrap=0),
    dict(observations=20, actions_count=3, actor_hidden=[16, 16], critic_hidden=[16, 16], layernorm_eps=0.0, bootstrap=1),
    dict(observations=37, actions_count=5, actor_hidden=[24, 33, 40, 33, 17], critic_hidden=[20, 37, 16, 30], layernorm_eps=1e-5, bootstrap=1,
         residual=1, share=-0.5, muon=1, muon_decay=1e-3, weight_decay=0.0, adam_eps=1e-8),
    dict(observations=33, actions_count=4, actor_hidden=[20, 24], critic_hidden=[20, 33], layernorm_eps=1e-5, bootstrap=1, residual=1,
         share_is_fixed=1, share=0.4),
    dict(observations=37, actions_count=5, actor_hidden=[24, 20, 17], critic_hidden=[33, 26], layernorm_eps=1e-5, bootstrap=1,
         actor_mixtures=[0, 1], critic_mixtures=[1], experts=5, expert_ratio=0.5, temperature=0.6, balance=0.3, muon=1,
         muon_decay=0.0, weight_decay=0.0, adam_eps=1e-8),
]
COMMON = dict(environments=24, steps=5, minibatches=4, gamma=0.97, clip=0.2, clip_value=0.2, value_coef=0.5,
              entropy_coef=0.003, max_grad_norm=1.0, adam_eps=1e-5, weight_decay=1e-3, lr=3e-3, adam_steps=4,
              residual=0, share_is_fixed=0, share=-2.0, actor_mixtures=[], critic_mixtures=[], experts=1, expert_ratio=0.5,
              temperature=1.0, balance=0.0, muon=0, muon_decay=0.0)
COMMON["lambda"] = 0.93


def layers_of(case, net):
    """(kind, inputs, widths) of each layer: hidden, block or mixture"""
    hidden, width, out, i = case[net + "_hidden"], case["observations"], [], 0
    while i < len(hidden):
        if case["residual"] and i + 1 < len(hidden):
            out.append(("block", width, hidden[i:i + 2]))
            i += 1
        elif i in case[net + "_mixtures"]: out.append(("mixture", width, [max(1, int(hidden[i] * case["expert_ratio"])), hidden[i]]))
        else: out.append(("hidden", width, [hidden[i]]))
        width, i = hidden[i], i + 1
    return out, width


def tensors(case):
    """name -> shape of every parameter"""
    out = {}

    def dense(name, n, m, norm=True):
        out[name + "weight"], out[name + "bias"] = (n, m), (1, m)
        if norm: out[name + "gain"] = out[name + "offset"] = (1, m)

    for net, last in (("actor", case["actions_count"]), ("critic", 1)):
        layers, width = layers_of(case, net)
        for i, (kind, n, m) in enumerate(layers):
            name, e = f"{net}/{i}/", case["experts"]
            if kind == "hidden": dense(name, n, m[0])
            elif kind == "block":
                dense(name + "first/", n, m[0])
                dense(name + "second/", m[0], m[1])
                if n != m[1]: dense(name + "path/", n, m[1], False)
                if not case["share_is_fixed"]: out[name + "share"] = (1, 1)
            else:
                dense(name + "gate/", n, e, False)
                dense(name + "inside/", n, e * m[0], False)
                out |= {name + "outside/weight": (e * m[0], m[1]), name + "outside/bias": (e, m[1]), name + "gain": (1, m[1]), name + "offset": (1, m[1])}
        dense(f"{net}/{len(layers)}/", width, last, False)
        if net == "actor": out["log_std"] = (1, last)
    return out


def make(case, rng):
    n, steps, o, a = case["environments"], case["steps"], case["observations"], case["actions_count"]
    data = {k: np.array([v], float) for k, v in case.items() if not isinstance(v, list)}
    data |= {k: np.array(v, float) for k, v in case.items() if isinstance(v, list)}
    for name, shape in tensors(case).items():
        scale = 0.3 / np.sqrt(shape[0]) if name.endswith("weight") else 0.2
        data["params/" + name] = rng.normal(size=shape) * scale * 3 + (1 if name.endswith("gain") else 0)
        for i in range(case["adam_steps"]):
            data[f"step/{i}/{name}"] = rng.normal(size=shape) * (0.01 if i == 3 else 1)
    data["step/2/log_std"][0, 0] = np.nan
    data["obs"] = rng.normal(size=((steps + 1) * n, o)) * rng.uniform(0.01, 5, o) + rng.normal(size=o)
    data["last"] = rng.normal(size=(n, o))
    data["reward"] = rng.uniform(0, 1, (steps, n))
    data["done"] = (rng.uniform(size=(steps, n)) < 0.3).astype(float)
    data["absorbing"] = data["done"] * (rng.uniform(size=(steps, n)) < 0.5)
    data["order"] = rng.permutation(steps * n).astype(float)
    data["actions"] = rng.normal(size=(steps * n, a))
    return data


class Net:
    def __init__(self, case, params):
        self.case, self.p, self.balance = case, params, 0.0

    def dense(self, name, x): return x @ self.p[name + "weight"] + self.p[name + "bias"]

    def norm(self, name, x):
        gain, offset, eps = self.p[name + "gain"][0], self.p[name + "offset"][0], self.case["layernorm_eps"]
        return torch.nn.functional.layer_norm(x, (x.shape[-1],), gain, offset, eps) if eps > 0 else x * gain + offset

    def mixture(self, name, x, inner):
        """every expert by itself, weighed by a softmax"""
        case, silu = self.case, torch.nn.functional.silu
        t = torch.softmax(self.dense(name + "gate/", x) / case["temperature"], -1)
        out = 0
        for e in range(case["experts"]):
            part = slice(e * inner, (e + 1) * inner)
            inside = silu(x @ self.p[name + "inside/weight"][:, part] + self.p[name + "inside/bias"][:, part])
            out = out + t[:, e:e + 1] * (inside @ self.p[name + "outside/weight"][part] + self.p[name + "outside/bias"][e])
        self.balance = self.balance + case["balance"] * case["experts"] * (t.mean(0)**2).sum()
        return out

    def mlp(self, net, x):
        silu, (layers, _) = torch.nn.functional.silu, layers_of(self.case, net)
        for i, (kind, n, m) in enumerate(layers):
            name = f"{net}/{i}/"
            if kind == "hidden": x = silu(self.norm(name, self.dense(name, x)))
            elif kind == "mixture": x = silu(self.norm(name, self.mixture(name, x, m[0])))
            else:
                u = silu(self.norm(name + "first/", self.dense(name + "first/", x)))
                u = self.norm(name + "second/", self.dense(name + "second/", u))
                around = x if n == m[1] else self.dense(name + "path/", x)
                share = self.case["share"] if self.case["share_is_fixed"] else torch.sigmoid(self.p[name + "share"][0, 0])
                x = silu(around + share * u)
        return self.dense(f"{net}/{len(layers)}/", x)

    def mean(self, x): return self.mlp("actor", x)
    def value(self, x): return self.mlp("critic", x)[:, 0]

    def logp(self, x, action):
        return torch.distributions.Normal(self.mean(x), self.p["log_std"].exp()).log_prob(action).sum(-1)


def merge(stats, x):
    mean, var, count = stats
    n, all_ = len(x), count + len(x)
    d = x.mean(0) - mean
    var = (var * count + (x.var(0, unbiased=False) + 1e-6) * n + d**2 * count * n / all_) / all_
    return mean + d * n / all_, var, all_


def normal(stats, x): return (x - stats[0]) / torch.sqrt(stats[1] + 1e-8)


class Report:
    def __init__(self, gate):
        self.gate, self.broken, self.worst = gate, 0, (0.0, "")

    def near(self, name, ours, theirs, factor=1.0):
        ours, theirs = np.asarray(ours, float).ravel(), np.asarray(theirs.detach() if torch.is_tensor(theirs) else theirs, float).ravel()
        error = np.linalg.norm(ours - theirs) / max(np.linalg.norm(theirs), 1e-12)
        if not error <= self.gate * factor:
            self.broken += 1
            print(f"  BROKEN {name}: relative error {error:.2e}, gate {self.gate * factor:.0e}")
        elif error / factor > self.worst[0]:
            self.worst = (error / factor, name)


def losses(case, net, stats, t, batch, pick):
    """the PPO loss of a minibatch and what is reported of it"""
    x = normal(merge(stats, t["obs"][pick]), t["obs"][pick])
    net.balance = torch.zeros(())
    logp, v = net.logp(x, t["actions"][pick]), net.value(x)
    old, old_v, adv, target = (batch[k][pick] for k in (0, 1, 7, 8))
    adv = (adv - adv.mean()) / (adv.std(unbiased=False) + 1e-8)
    ratio = (logp - old).exp()
    policy = -torch.minimum(ratio * adv, ratio.clamp(1 - case["clip"], 1 + case["clip"]) * adv).mean()
    held = old_v + (v - old_v).clamp(-case["clip_value"], case["clip_value"])
    value = 0.5 * torch.maximum((v - target)**2, (held - target)**2).mean()
    entropy = (net.p["log_std"] + 0.5 * np.log(2 * np.pi * np.e)).sum()
    return {"total": policy + case["value_coef"] * value - case["entropy_coef"] * entropy + net.balance, "policy": policy, "value": value,
            "kl": (old - logp).mean(), "ratio": ratio.mean(), "least ratio": ratio.min(), "greatest ratio": ratio.max(),
            "clipped": ((ratio - 1).abs() > case["clip"]).double().mean(), "entropy": entropy, "balance": net.balance}


class Optimizer:
    """clipping by the global norm, then AdamW, or Muon for matrices and Nesterov AdamW for the rest; not finite: no step"""

    def __init__(self, case, weights):
        self.case, self.weights, self.t = case, weights, 0
        self.m = {k: torch.zeros_like(w) for k, w in weights.items()}
        if not case["muon"]:
            self.adam = torch.optim.AdamW(weights.values(), lr=case["lr"], eps=case["adam_eps"], weight_decay=case["weight_decay"])
        self.v = {k: torch.zeros_like(w) for k, w in weights.items()}

    def step(self, grads):
        case = self.case
        if not all(bool(torch.isfinite(g).all()) for g in grads.values()): return
        norm = torch.sqrt(sum((g**2).sum() for g in grads.values()))
        scale, self.t = min(1.0, case["max_grad_norm"] / float(norm)), self.t + 1
        for k, w in self.weights.items(): w.grad = grads[k] * scale
        if not case["muon"]: return self.adam.step()
        with torch.no_grad():
            for k, w in self.weights.items():
                if k.endswith("weight"): self.muon(k, w)
                else: w -= case["lr"] * self.adam_ahead(k, w.grad)

    def look_ahead(self, k, g, beta):
        self.m[k] = beta * self.m[k] + (1 - beta) * g
        return beta * self.m[k] / (1 - beta**(self.t + 1)) + (1 - beta) * g / (1 - beta**self.t)

    def adam_ahead(self, k, g):
        self.v[k] = 0.999 * self.v[k] + 0.001 * g**2
        return self.look_ahead(k, g, 0.9) / (torch.sqrt(self.v[k] / (1 - 0.999**self.t)) + self.case["adam_eps"])

    def muon(self, k, w):
        ahead, e = self.look_ahead(k, w.grad, 0.95), self.case["experts"]
        dim, pieces = (1, e) if "inside" in k else (0, e) if "outside" in k else (0, 1)
        step = torch.cat([self.orthogonal(p) for p in ahead.chunk(pieces, dim)], dim)
        w -= self.case["lr"] * (step + self.case["muon_decay"] * w)

    @staticmethod
    def orthogonal(x):
        rows, columns = x.shape
        factor = max(1.0, columns / rows)**0.5
        x = x.T if rows > columns else x
        x = x / (x.norm() + 1e-8)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        return factor * (x.T if rows > columns else x)


def linear(optimizer): return torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, 60)


def warmup_cosine(optimizer):
    up = torch.optim.lr_scheduler.LinearLR(optimizer, 1 / 8, 1.0, 7)
    along = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 53, 0.15 * optimizer.param_groups[0]["initial_lr"])
    return torch.optim.lr_scheduler.SequentialLR(optimizer, [up, along], [7])


def check(case, data, got, report):
    n, steps, a = case["environments"], case["steps"], case["actions_count"]
    t = {k: torch.tensor(v) for k, v in data.items()}
    params = {k: t["params/" + k].clone().requires_grad_() for k in tensors(case)}
    net = Net(case, params)
    # rollout: statistics grow with every step, means, log probabilities, values
    stats = (torch.zeros(case["observations"]), torch.ones(case["observations"]), 1e-6)
    obs = t["obs"].reshape(steps + 1, n, -1)
    planes = got["planes"].reshape(9, steps + 1, n)
    actions = torch.tensor(got["action"].reshape(steps, n, a))
    noise, last_values = [], []
    for i in range(steps):
        if i and case["bootstrap"]: last_values.append(None)
        stats = merge(stats, obs[i])
        x = normal(stats, obs[i])
        report.near(f"mean at step {i}", got["mean"][str(i)], net.mean(x))
        report.near(f"log probability at step {i}", planes[0, i], net.logp(x, actions[i]))
        report.near(f"value at step {i}", planes[1, i], net.value(x))
        if i and case["bootstrap"]: report.near(f"last value at step {i}", planes[2, i - 1], net.value(normal(stats, t["last"])))
        noise.append(((actions[i] - net.mean(x)) / params["log_std"].exp()).detach().numpy())
    o = case["observations"]
    for k, name in enumerate(("running mean", "running variance")): report.near(name, got["stats"][k, :o], stats[k])
    report.near("value after the last step", planes[1, steps], net.value(normal(stats, obs[steps])))
    z = np.array(noise).ravel()
    if abs(z.mean()) > 4 / np.sqrt(z.size) or abs(z.std() - 1) > 4 / np.sqrt(2 * z.size) or len(set(z.round(9))) < 0.99 * z.size:
        report.broken += 1
        print(f"  BROKEN noise: mean {z.mean():.3f}, sd {z.std():.3f}")
    # rewards over the standard deviation of returns
    back, mean, var, count = torch.zeros(n), 0.0, 1.0, 1e-4
    for i in range(steps):
        back = back * case["gamma"] * (1 - t["done"][i]) + t["reward"][i]
        d, all_ = back.mean() - mean, count + n
        mean, var = mean + d * n / all_, (var * count + back.var(unbiased=False) * n + d**2 * count * n / all_) / all_
        count = all_
        report.near("scaled reward", planes[4, i], t["reward"][i] / torch.sqrt(var + 1e-8))
    report.near("returns' statistics", got["returns"][0], torch.stack([mean, var]))
    # advantages from the probe's own values
    value, last, scaled = (torch.tensor(planes[k]) for k in (1, 2, 4))
    advantage = torch.zeros(n)
    for i in reversed(range(steps)):
        done, absorbing = t["done"][i], t["absorbing"][i]
        after = torch.where(done > 0, last[i] * case["bootstrap"], value[i + 1]) * (1 - absorbing)
        advantage = scaled[i] + case["gamma"] * after - value[i] + case["gamma"] * case["lambda"] * (1 - done) * advantage
        report.near("advantage", planes[7, i], advantage)
        report.near("target", planes[8, i], advantage + value[i])
    # loss and its gradients by minibatch 1
    batch = t["batch"].reshape(9, steps + 1, n)[:, :steps].reshape(9, -1)
    rows = steps * n // case["minibatches"]
    pick = t["order"].long()[rows:2 * rows]
    parts = losses(case, net, stats, t, batch, pick)
    parts["total"].backward()
    for name in params: report.near("gradient of " + name, got["grads/" + name], params[name].grad, 4)
    m = got["metrics"][0]
    for k, name in ((1, "policy"), (2, "value"), (3, "kl"), (4, "ratio"), (6, "least ratio"), (7, "greatest ratio"), (8, "clipped"),
                    (9, "entropy"), (12, "balance")):
        report.near(name, [m[k]], [float(parts[name].detach())], 10)
    # optimiser: clipped steps, one of them not finite
    weights = {k: params[k].detach().clone().requires_grad_() for k in params}
    optimizer = Optimizer(case, weights)
    for i in range(case["adam_steps"]): optimizer.step({k: t[f"step/{i}/{k}"] for k in params})
    for k in params: report.near("step of " + k, got["after/" + k], weights[k])
    if got["ctl"][0][2] != case["adam_steps"] - 1 or got["ctl"][0][3] != 1:
        report.broken += 1
        print("  BROKEN count of steps made and skipped", got["ctl"][0])
    # a whole update of two epochs in the orders that the probe drew
    weights = {k: params[k].detach().clone().requires_grad_() for k in params}
    optimizer, net = Optimizer(case, weights), Net(case, weights)
    for epoch in range(2):
        order = torch.tensor(got["orders"][str(epoch)]).long()
        for pick in order.split(rows):
            for w in weights.values(): w.grad = None
            losses(case, net, stats, t, batch, pick)["total"].backward()
            optimizer.step({k: w.grad for k, w in weights.items()})
    for k in params: report.near("update of " + k, np.asarray(got["updated/" + k]) - data["params/" + k], weights[k] - t["params/" + k],
                                1000 if report.gate > 1e-8 else 10)
    # schedules
    for row, make_schedule in enumerate((linear, warmup_cosine)):
        adam = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=case["lr"])
        schedule, rates = make_schedule(adam), []
        for i in range(60):
            rates.append(adam.param_groups[0]["lr"])
            adam.step()
            schedule.step()
        report.near("schedule", got["rates"][row], rates, 1e-3)
    # initial weights and the shuffle
    for name, shape in tensors(case).items():
        w, e = got["initial/" + name], case["experts"]
        if not name.endswith("weight") or "gate" in name: continue
        net_name, at = name.split("/")[0], name.split("/")[1]
        small = "second" in name or "outside" in name or int(at) == len(layers_of(case, net_name)[0])
        for part in np.split(w, e, 1) if "inside" in name else np.split(w, e, 0) if "outside" in name else [w]:
            gram = part @ part.T if part.shape[0] < part.shape[1] else part.T @ part
            report.near("orthogonal " + name, gram, np.eye(len(gram)) * (1e-4 if small else 1 if "path" in name else 2))
    if sorted(got["shuffled"]) != list(range(steps * n)) or abs(np.corrcoef(got["shuffled"], np.arange(steps * n))[0, 1]) > 0.3:
        report.broken += 1
        print("  BROKEN shuffle")


def read(path):
    got = {}
    with h5py.File(path) as f:
        f.visititems(lambda name, item: got.__setitem__(name, item[()]) if isinstance(item, h5py.Dataset) else None)
    for group in ("mean", "orders"): got[group] = {k.split("/")[1]: v for k, v in got.items() if k.startswith(group + "/")}
    return got


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("probe")
    parser.add_argument("--keep")
    args = parser.parse_args()
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = args.keep or folder
        for number, case in enumerate(CASES):
            case = COMMON | case
            rng = np.random.default_rng(number)
            data = make(case, rng)
            # a batch near enough to the policy for ratios on both sides of the clip
            params = {k: torch.tensor(data["params/" + k]) for k in tensors(case)}
            net, n, steps = Net(case, params), case["environments"], case["steps"]
            stats = (torch.zeros(case["observations"]), torch.ones(case["observations"]), 1e-6)
            for i in range(steps): stats = merge(stats, torch.tensor(data["obs"][i * n:(i + 1) * n]))
            x = normal(stats, torch.tensor(data["obs"][:steps * n]))
            batch = np.zeros((9, (steps + 1) * n))
            batch[0, :steps * n] = net.logp(x, torch.tensor(data["actions"])).numpy() + rng.normal(size=steps * n) * 0.3
            batch[1, :steps * n] = net.value(x).numpy() + rng.normal(size=steps * n) * 0.2
            batch[7, :steps * n] = rng.normal(size=steps * n)
            batch[8, :steps * n] = rng.normal(size=steps * n)
            # no row so near to where a loss changes its branch that rounding would choose
            rows = steps * n // case["minibatches"]
            pick = data["order"].astype(int)[rows:2 * rows]
            x = normal(merge(stats, torch.tensor(data["obs"][pick])), torch.tensor(data["obs"][pick]))
            v, logp = net.value(x).numpy(), net.logp(x, torch.tensor(data["actions"][pick])).numpy()
            batch[1, pick] += 0.01 * (abs(abs(v - batch[1, pick]) - case["clip_value"]) < 1e-3)
            held = batch[1, pick] + np.clip(v - batch[1, pick], -case["clip_value"], case["clip_value"])
            batch[8, pick] += 0.01 * (abs(batch[8, pick] - (v + held) / 2) < 1e-3)
            batch[0, pick] += 0.01 * (abs(abs(np.exp(logp - batch[0, pick]) - 1) - case["clip"]) < 1e-3)
            data["batch"] = batch
            path = os.path.join(folder, "in.h5")
            with h5py.File(path, "w") as f:
                for k, v in data.items(): f[k] = v
            for run in (["native", "f64"], ["native", "f32"], ["opencl", "f32"], ["opencl", "f32", "32"], ["opencl", "f64"]):
                out = os.path.join(folder, "out.h5")
                done = subprocess.run([args.probe, path, out, *run], capture_output=True, text=True)
                if done.returncode:
                    print(f"case {number} on {' '.join(run)}: {done.stderr.strip()}")
                    broken += 1
                    continue
                report = Report(1e-10 if run[1] == "f64" else 1e-5)
                check(case, data, read(out), report)
                broken += report.broken
                print(f"case {number} on {' '.join(run):14s}: worst {report.worst[0]:.1e} ({report.worst[1]}), {report.broken} broken")
    print(f"learn: {broken} gates broken")
    return broken > 0


if __name__ == "__main__":
    sys.exit(main())
