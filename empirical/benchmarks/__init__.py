"""Few-shot benchmarks: each one uint8 tensor, whatever files it came from.

    load("omniglot")    from data_dir, else $FEWSHOT_DATA, else what `data prepare` left in the cache
    load("glyphs")      made on the spot; needs no data

One file a benchmark (`omniglot`, `cifar_fs`, `mini_imagenet`, `standin`, `glyphs`), each of which knows the
layouts its pictures come in; `archives` and `inert_pickle` open other people's files without trusting them;
`store` is the cache; `loading` ties them together; `command` is `data prepare` and `data show`.
"""

from empirical.benchmarks.benchmark import SPLITS, Benchmark, DataError
from empirical.benchmarks.loading import NAMES, load

__all__ = ["NAMES", "SPLITS", "Benchmark", "DataError", "load"]
