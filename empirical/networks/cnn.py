"""CNN(X): the paper's convolutional networks, one set of facts per benchmark.

| | Omniglot | CIFAR-FS | mini-ImageNet |
|---|---|---|---|
| input | 1×28×28 | 3×32×32 | 3×84×84 |
| down-sampling | stride 2, no pooling | none at any depth | max-pool k = s = 2·(4//X) |
| head input | mean over space → h | mean over space → h | flatten → 25·h at X = 2, 4 |
| head weights | N(0, 1) | Xavier | Xavier |
| filters h | 32 | 32 | 64 |

(the paper's appendix D and the authors' released code; METHODS lists which says what.)

Where no source says what happens, this project chooses:

* *Omniglot deeper than 5*: stride 2 keeps a 1×1 map at 1×1, so every depth builds (28→14→7→4→2→1→1→…).
* *mini-ImageNet, X = 3 and X ≥ 5*: the released code crashes, yet Table 1 reports 3 and 6. k = 2·(4//X) is
  kept where it is at least 2, and is 2 otherwise; **at most four blocks pool**, as in the field's four-block
  backbone, so that the map never vanishes: X = 3 ends at 10×10 (head input 100·h), every X ≥ 4 at 5×5 (25·h).
  The head is sized from the map that is there.
* *other image sizes* (`pixels`): a block pools only while its map is at least as large as its window.

The stand-in for mini-ImageNet has mini-ImageNet's facts and the generated glyphs have Omniglot's.
"""

from dataclasses import dataclass

from empirical.networks.network import Block, Network


@dataclass(frozen=True)
class Backbone:
    """What a benchmark fixes about CNN(X)."""

    channels: int
    pixels: int
    filters: int
    stride: int
    pools: bool
    readout: str
    head_init: str


OMNIGLOT = Backbone(1, 28, 32, stride=2, pools=False, readout="mean", head_init="normal")
CIFAR_FS = Backbone(3, 32, 32, stride=1, pools=False, readout="mean", head_init="xavier")
MINI_IMAGENET = Backbone(3, 84, 64, stride=1, pools=True, readout="flatten", head_init="xavier")

BACKBONES = {
    "omniglot": OMNIGLOT,
    "glyphs": OMNIGLOT,
    "cifar-fs": CIFAR_FS,
    "mini-imagenet": MINI_IMAGENET,
    "mini-imagenet-standin": MINI_IMAGENET,
}

POOLING_BLOCKS = 4


def cnn(
    benchmark: str,
    depth: int = 2,
    filters: int | None = None,
    ways: int = 5,
    linnet: tuple[int, ...] = (),
    pixels: int | None = None,
) -> Network:
    """CNN(depth) for a benchmark, with `filters` per block and LinNet widths `linnet` before the head.

    Raises ValueError for an unknown benchmark, a depth below 1, or images below one pixel.
    """
    if benchmark not in BACKBONES:
        raise ValueError(f"no CNN for benchmark {benchmark!r}; known: {', '.join(BACKBONES)}")
    if depth < 1:
        raise ValueError(f"CNN(X) needs X ≥ 1, not {depth}")
    facts = BACKBONES[benchmark]
    filters, size = filters or facts.filters, pixels or facts.pixels
    if filters < 1 or size < 1:
        raise ValueError(f"filters and pixels are positive, not {filters} and {size}")
    window = max(2, 2 * (4 // depth)) if facts.pools else 1
    blocks = []
    side = size
    for i in range(depth):
        pool = window if i < POOLING_BLOCKS and side >= window else 1
        blocks.append(Block(facts.channels if i == 0 else filters, filters, facts.stride, pool))
        side = blocks[-1].size(side)
    return Network(
        label=f"CNN({depth})" + label_of(linnet),
        input_shape=(facts.channels, size, size),
        blocks=tuple(blocks),
        readout=facts.readout,
        linnet=tuple(linnet),
        outputs=ways,
        head_init=facts.head_init,
    )


def label_of(linnet: tuple[int, ...]) -> str:
    """' + LinNet(64-64)', or nothing."""
    return f" + LinNet({'-'.join(map(str, linnet))})" if linnet else ""
