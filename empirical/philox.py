"""Random numbers as a function of their address: the counter-based generator Philox4x32-10.

A stateful generator answers "what comes next?"; the answer depends on the device, on how the draws were
batched and on everything drawn before. A counter-based generator answers "what is at address c?": a bijection
of 128-bit counters c = (c0, c1, c2, c3), scrambled by a 64-bit key (k0, k1) in ten rounds of

    (c0, c1, c2, c3)  <-  (hi(M1 c2) ^ c1 ^ k0,  lo(M1 c2),  hi(M0 c0) ^ c3 ^ k1,  lo(M0 c0)),

with hi and lo the two halves of a 32 x 32 -> 64 bit product, the key advanced by the Weyl constants between
rounds. Task 1,000,000 is then drawn without drawing the others, on any device, after any restart.

Written in int64 torch operations: a 64-bit product of two 32-bit words is exact modulo 2^64 in two's
complement, a mask after the (arithmetic) shift recovers the upper half, and integer arithmetic has no
rounding mode, so CPU and GPU give the same bits.

Source: Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC'11; the tests
hold its published known-answer vectors.
"""

from __future__ import annotations

import torch
from torch import Tensor

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
MASK = 0xFFFFFFFF


def philox(counter: tuple[Tensor, Tensor, Tensor, Tensor], seed: int) -> Tensor:
    """Four random 32-bit words for every counter.

    `counter`: four int64 tensors of words in [0, 2^32), broadcast against each other to some shape S;
    `seed`: the 64-bit key. Returns int64, shape S + (4,), words in [0, 2^32), independent and uniform for
    distinct counters.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = seed & MASK, (seed >> 32) & MASK
    for _ in range(10):
        p0, p1 = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            ((p1 >> 32) & MASK) ^ c1 ^ k0,
            p1 & MASK,
            ((p0 >> 32) & MASK) ^ c3 ^ k1,
            p0 & MASK,
        )
        k0, k1 = (k0 + WEYL[0]) & MASK, (k1 + WEYL[1]) & MASK
    return torch.stack(torch.broadcast_tensors(c0, c1, c2, c3), dim=-1)


def words(seed: int, stream: int, rows: Tensor, count: int) -> Tensor:
    """`count` random 32-bit words for each row number: (…,) int64 in [0, 2^63) -> (…, count) int64.

    `stream` (in [0, 2^32)) separates uses that share a seed. Word j of a row does not depend on `count` or on
    which other rows are asked for.
    """
    rows = rows.unsqueeze(-1)
    block = torch.arange(-(-count // 4), device=rows.device)
    purpose = torch.full((1,), stream, device=rows.device)
    drawn = philox((block, purpose, rows & MASK, rows >> 32), seed)
    return drawn.flatten(-2)[..., :count]


def uniform(seed: int, stream: int, rows: Tensor, count: int) -> Tensor:
    """The same words as float32 in [0, 1): multiples of 2^-24, so that the conversion is exact everywhere."""
    return (words(seed, stream, rows, count) >> 8).float() * 2.0**-24


def sample_without_replacement(seed: int, stream: int, rows: Tensor, population: int, count: int) -> Tensor:
    """An ordered sample of `count` distinct members of range(population) for each row: (…, count) int64.

    Members are ranked by a random word of their own. The member's number in the lower bits breaks ties
    (probability about population²/2^33), so the ranking has one answer, whichever algorithm a device sorts
    with. The first k of a sample do not depend on `count`.
    """
    if not 0 <= count <= population < 2**30:
        raise ValueError(f"cannot draw {count} distinct members of {population}")
    keys = (words(seed, stream, rows, population) << 30) | torch.arange(population, device=rows.device)
    return keys.topk(count, dim=-1, largest=False).indices
