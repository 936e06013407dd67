"""The precision of convolutions and matrix products.

Left to itself, PyTorch computes convolutions on recent GPUs in TF32, with 10 bits of mantissa, and matrix
products in float32 with 23. A second-order meta-gradient goes through dozens of both, so a run says which it
wants, and its row says which it had: float32 throughout unless TF32 is asked for. The card (`empirical.card`)
measures what TF32, and bfloat16 by autocast, do to the meta-gradient of every learner.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """float32 proper, TF32 convolutions and matrix products ("tf32"), or bfloat16 by autocast; on a GPU."""
    products, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    before = products.allow_tf32, convolutions.allow_tf32
    products.allow_tf32 = convolutions.allow_tf32 = precision == "tf32"
    autocast = torch.autocast("cuda", torch.bfloat16) if precision == "bfloat16" else nullcontext()
    try:
        with autocast:
            yield
    finally:
        products.allow_tf32, convolutions.allow_tf32 = before
