#!/usr/bin/env python3
"""Smoothness of motions and the low-pass filter against NumPy and SciPy, on the synthesised walk.

    spectrum.py PROGRAM MODEL

Also prints the numbers that tests/t_spectrum.c holds. Ends with 1 if a gate is broken.
"""
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
from scipy import signal

good = True


def gate(what, values, expected, most):
    global good
    worst = np.max(np.abs(np.asarray(values) - expected))
    good &= bool(worst <= most)
    print(f"{what:<42}{worst:>11.2e}{most:>9.0e}  {'ok' if worst <= most else 'BROKEN'}")


def spectrum(v, rate):
    n = 2 ** (int(np.ceil(np.log2(len(v)))) + 4)
    return np.fft.rfftfreq(n, 1 / rate), np.abs(np.fft.rfft(v, n))


def arc_length(v, rate, most=10.0, threshold=0.05):
    """SPARC as in Balasubramanian et al. 2015"""
    f, m = spectrum(np.abs(v), rate)
    m = m[f <= most] / m.max()
    last = np.nonzero(m >= threshold)[0][-1]
    return -np.sum(np.hypot(1 / last, np.diff(m[:last + 1])))


def powers(v, rate, cutoff):
    f, m = spectrum(v, rate)
    p = m ** 2 * np.where((f == 0) | (f == f[-1]), 1, 2)
    return f[np.searchsorted(np.cumsum(p), 0.95 * p.sum())], p[f > cutoff].sum() / p.sum()


def low_pass(x, cutoff, rate):
    """Butterworth of second order there and back, half of the power at the cutoff"""
    warped = np.arctan(np.tan(np.pi * cutoff / rate) / (np.sqrt(2) - 1) ** 0.25) / np.pi * rate
    b, a = signal.butter(2, warped, fs=rate)
    return signal.filtfilt(b, a, x, axis=0, padtype="odd", padlen=min(int(3 * rate / cutoff), len(x) - 1))


def stored_numbers():
    t = np.arange(150) / 100
    u = t / 1.5
    wave = np.sin(2 * np.pi * 1.3 * t) + 0.2 * np.sin(2 * np.pi * 17 * t + 1)
    for name, v in (("reach", 30 * u ** 2 * (1 - u) ** 2), ("shaking", wave)):
        print(f"{name}: arc length {arc_length(v, 100):.12f}, bandwidth {powers(v, 100, 12)[0]}, above {powers(v, 100, 12)[1]:.12f}")
    print("filtered:", ", ".join(f"{y:.15f}" for y in low_pass(wave + 0.5 * t, 6, 100)[[0, 1, 50, 100, 149]]))


def main():
    program, model = map(os.path.abspath, sys.argv[1:3])
    stored_numbers()
    with tempfile.TemporaryDirectory() as folder:
        def run(*words):
            return subprocess.run([program, *words], cwd=folder, check=True, capture_output=True, text=True).stdout
        run("walk", "-o", "walk.npz")
        run("retarget", "walk.npz", model, "-o", "raw.h5")
        run("retarget", "walk.npz", model, "-o", "smooth.h5", "--low-pass", "7")
        with h5py.File(f"{folder}/raw.h5") as f, h5py.File(f"{folder}/smooth.h5") as g:
            raw, smooth, qvel = f["qpos"][:], g["qpos"][:], f["qvel"][:]
            names, rate = [n.decode() if isinstance(n, bytes) else n for n in f["joint_names"][:]], f["frequency"][()]
        told = json.loads(run("measure", "raw.h5", model, "--spectrum", "6", "--backend", "native", "--precision", "f64", "--json"))["smoothness"]
    columns = [i for i, name in enumerate(names) if name != "pelvis_tz"]  # the height is set on the floor afterwards
    gate("low-pass filter, rad", smooth[:, columns], low_pass(raw, 7, rate)[:, columns], 1e-9)
    gate("spectral arc length", [j["arc_length"] for j in told], [arc_length(v, rate) for v in qvel.T], 1e-9)
    gate("bandwidth, Hz", [j["bandwidth"] for j in told], [powers(v, rate, 6)[0] for v in qvel.T], 1e-9)
    gate("share of power above 6 Hz", [j["share_above"] for j in told], [powers(v, rate, 6)[1] for v in qvel.T], 1e-12)
    return 0 if good else 1


sys.exit(main())
