"""Glyphs: invented handwriting, for machines that have no data. Not a published benchmark.

A class is a character: two or three smooth strokes, each a cubic Bézier curve with random control points. A
drawing of it moves the control points a little, then turns, stretches, shears and shifts the whole: what
different writers do. Everything comes from the counter-based generator, so class i is class i whatever the
number of classes, of which there is no limit.

Drawing thousands of curves is one batched matrix product: a pen at point (x_s, y_s) leaves a Gaussian blob,
and a Gaussian is a product of two one-dimensional ones,

    density[r, c] = sum_s exp(-(r - y_s)^2 / 2 w^2) exp(-(c - x_s)^2 / 2 w^2) = (A B)[r, c],

A of (28, S), B of (S, 28). Ink saturates, 1 - exp(-k density), so that a slow pen is not a brighter one.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from empirical.benchmarks.benchmark import Benchmark, Facts
from empirical.philox import uniform

FACTS = Facts(
    name="glyphs",
    label="generated glyphs",
    classes=(400, 100, 100),
    per_class=20,
    shape=(1, 28, 28),
    rotations=True,
    digest=None,
)
STROKES = 3  # at most; a class uses 2 or 3
POINTS = 32  # pen positions a stroke
STREAM_CLASS, STREAM_DRAWING = 1, 2
PEN = 0.7  # standard deviation of the pen's blob, pixels at 28 x 28
JITTER = 0.08  # standard deviation of a control point's move, in units of the canvas
CHUNK = 100  # classes drawn at a time: bounds memory at about 40 MB


def generate(facts: Facts = FACTS, *, seed: int = 0, side: int | None = None) -> Benchmark:
    """The glyphs of `seed`, drawn at `side` pixels (28 unless told).

    Always drawn on the CPU: another processor may round a grey level differently.
    """
    classes = torch.arange(sum(facts.classes))
    images = [draw(part, facts.per_class, side or facts.shape[1], seed) for part in classes.split(CHUNK)]
    names = tuple(f"glyph{i:05d}" for i in classes.tolist())
    return Benchmark.of(facts, torch.cat(images), names, facts.label)


def draw(classes: Tensor, per_class: int, side: int, seed: int) -> Tensor:
    """`per_class` drawings of each numbered class: uint8 (classes, per_class, 1, side, side), ink bright."""
    plan = uniform(seed, STREAM_CLASS, classes, 1 + STROKES * 8)
    control = 0.05 + 0.9 * plan[:, 1:].view(-1, 1, STROKES, 4, 2)
    used = torch.arange(STROKES) < 2 + (plan[:, :1] * (STROKES - 1)).floor()

    drawing = classes[:, None] * 2**20 + torch.arange(per_class)
    free = uniform(seed, STREAM_DRAWING, drawing, 6 + STROKES * 8) * 2 - 1  # in [-1, 1)
    control = control + math.sqrt(3) * JITTER * free[..., 6:].view(len(classes), per_class, STROKES, 4, 2)

    t = torch.linspace(0, 1, POINTS)
    bernstein = torch.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    pen = torch.einsum("cdskx,kp->cdspx", control, bernstein) - 0.5

    angle, shear = 0.35 * free[..., 0], 0.25 * free[..., 1]
    width, height = 1 + 0.2 * free[..., 2], 1 + 0.2 * free[..., 3]
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
    stretch = torch.stack(
        [torch.stack([width, shear], -1), torch.stack([torch.zeros_like(height), height], -1)], -2
    )
    pen = torch.einsum("cdxy,cdspy->cdspx", turn @ stretch, pen) + 0.07 * free[..., None, None, 4:6] + 0.5

    pixels = torch.arange(side) + 0.5
    blobs = torch.exp(-((pen.unsqueeze(-1) * side - pixels) ** 2) / (2 * (PEN * side / 28) ** 2))
    blobs = (blobs * used[:, None, :, None, None, None]).flatten(2, 3)  # (classes, drawings, S, 2, side)
    density = blobs[..., 1, :].transpose(-1, -2) @ blobs[..., 0, :]
    ink = 1 - torch.exp(-1.2 * density)
    return (ink * 255).round().to(torch.uint8).unsqueeze(2)
