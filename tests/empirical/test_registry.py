"""No cell of the paper is missing, every number has its source, and names and keys do what they promise."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from empirical.experiments import ExperimentError, find, in_order_of_value, inconsistencies, registry, select
from empirical.experiments.paper import BENCHMARKS, CNN_ADAPTATION_RATES, CNN_META_RATES, CNN_METHODS
from empirical.experiments.record import PRESETS

PRINTED = """
66.8 93.5 98.5 97.6 88.1 95.5 98.1 97.6
62.2 68.9 70.9 71.3 66.1 71.1 74.4 71.9
52.6 54.0 64.1 64.6 60.5 60.2 64.9 64.1

91.00 93.02
66.10 67.55
56.42 56.64

66.6 74.07 94.63 92.27 96.62
62.2 62.82 68.37 66.42 69.64
52.6 59.90 58.95 58.47 59.08

91.00 92.47 92.67 94.40
66.10 67.55 67.43 68.81
56.42 57.45 59.07 62.65
"""
"""Tables 1, 2, 3 and B.4 read off the page a second time, as rows of the printed layout."""

COLUMNS = {
    "1": [(x, m) for m in ("maml", "maml-linnet") for x in (2, 3, 4, 6)],
    "2": [(2, m) for m in ("anil", "anil-linnet")],
    "3": [(2, f"maml{m}") for m in ("", "-meta-sgd", "-meta-curvature", "-t-nets", "-kfo")],
    "B4": [(2, f"anil{m}") for m in ("", "-meta-sgd", "-meta-curvature", "-kfo")],
}


def test_every_cell_of_every_table_is_a_record_with_the_printed_value():
    blocks = [[line.split() for line in block.splitlines()] for block in PRINTED.strip().split("\n\n")]
    expected = {
        f"table{table}/{benchmark}/cnn{depth}/{method}": float(value)
        for (table, columns), rows in zip(COLUMNS.items(), blocks, strict=True)
        for benchmark, row in zip(BENCHMARKS, rows, strict=True)
        for (depth, method), value in zip(columns, row, strict=True)
    }
    assert len(expected) == 24 + 6 + 15 + 12
    found = {
        name: record.printed
        for name, record in registry().items()
        if name.startswith("table") and record.preset == "paper" and "standin" not in name
    }
    assert found == expected


def test_every_curve_of_every_figure_is_a_record():
    names = set(registry())
    expected = {f"figure1/regression/scalar/{m}" for m in ("shallow", "deep")}
    for model in ("lr", "lr-linnet2", "lr-linnet3"):
        expected |= {f"figure1/logistic/plane/{model}", f"figureB1/logistic/plane-separable/{model}"}
        expected |= {f"figureB1/logistic/plane/{model}-{side}" for side in ("train", "test")}
    for figure, benchmarks in (("3", BENCHMARKS[:2]), ("B2", BENCHMARKS)):
        for b in benchmarks:
            expected |= {f"figure{figure}/{b}/softmax/{m}" for m in ("maml", "maml-linnet", "ample-data")}
    for figure, benchmarks in (("4", BENCHMARKS[:2]), ("B4", BENCHMARKS)):
        for b in benchmarks:
            expected |= {f"figure{figure}/{b}/cnn{x}/{m}" for x in (2, 3, 4, 6) for m in ("maml", "maml-kfo")}
    expected |= {f"figureB3/omniglot/softmax/{m}" for m in ("maml", "maml-linnet", "maml-linnet-collapsed")}
    for b in BENCHMARKS:
        expected |= {
            f"sectionB4/{b}/softmax/{m}-{s}" for m in ("maml", "maml-linnet") for s in ("train", "test")
        }
    assert expected <= names


def test_rates_are_those_of_tables_d5_to_d7():
    assert all(
        len(row) == len(CNN_METHODS) for t in (CNN_ADAPTATION_RATES, CNN_META_RATES) for row in t.values()
    )
    spot = {
        "table3/omniglot/cnn2/maml-kfo": (0.1, 0.001),
        "table3/cifar-fs/cnn2/maml-meta-curvature": (0.7, 0.003),
        "table3/mini-imagenet/cnn2/maml-kfo": (0.001, 0.0001),
        "tableB4/omniglot/cnn2/anil-meta-sgd": (0.05, 0.001),
        "table2/cifar-fs/cnn2/anil": (0.5, 0.002),
        "figure3/omniglot/softmax/maml": (1.0, 0.0005),
        "figure3/cifar-fs/softmax/maml-linnet": (0.02, 0.0001),
        "figure1/logistic/plane/lr-linnet3": (0.9, 0.1),
        "figure1/regression/scalar/deep": (0.1, 0.01),
    }
    for name, rates in spot.items():
        setting = find(name).setting
        assert (setting.adaptation_rate, setting.meta_rate) == rates, name


def test_what_the_paper_leaves_open_is_said_to_be_open():
    assert find("table3/omniglot/cnn2/maml-t-nets").rates_source.startswith("[open]")
    assert find("table1/omniglot/cnn4/maml").rates_source.startswith("[open]")
    assert not find("table1/omniglot/cnn2/maml").rates_source.startswith("[open]")
    assert all(r.rates_source and r.iterations_source for r in registry().values())
    assert all(r.prediction for r in registry().values() if r.name.startswith("question/"))


def test_presets_exist_where_they_differ_and_only_there():
    released = find("table3/mini-imagenet/cnn2/maml-kfo@released").setting
    assert (released.rule, released.meta_rate, released.filters) == ("kfo-psd", 0.0005, 32)
    assert find("tableB4/mini-imagenet/cnn2/anil-kfo@released").setting.adaptation_rate == 0.05
    assert find("table3/omniglot/cnn2/maml-kfo@ours").setting.rule == "kfo-nonlinear-2"
    assert find("table2/omniglot/cnn2/anil-linnet@ours").setting.head_init == "xavier"
    for name, record in registry().items():
        assert record.preset in PRESETS
        if "@" in name:
            assert record.setting != find(name.split("@")[0]).setting
    assert "table3/omniglot/cnn2/maml@released" not in registry()


def test_the_stand_in_is_never_beside_the_papers_numbers():
    standins = [r for r in registry().values() if r.setting.benchmark == "mini-imagenet-standin"]
    mini = [r for r in registry().values() if r.setting.benchmark == "mini-imagenet"]
    assert len(standins) == len(mini) > 0
    assert all(r.printed is None and "not comparable" in r.note for r in standins)


def test_one_run_answers_every_record_with_its_setting():
    one, other = find("table1/omniglot/cnn2/maml"), find("table3/omniglot/cnn2/maml")
    assert one.setting.key == other.setting.key == find("figure4/omniglot/cnn2/maml").setting.key
    chosen = in_order_of_value([one, other])
    assert [r.name for r in chosen] == ["table3/omniglot/cnn2/maml"]


def test_the_key_ignores_length_but_not_the_absence_of_training():
    setting = find("table3/omniglot/cnn2/maml").setting
    assert replace(setting, iterations=2_000).key == setting.key
    assert replace(setting, iterations=0).key != setting.key
    keys = {
        replace(setting, **{name: value}).key for name, value in (("order", 1), ("steps", 1), ("filters", 64))
    }
    assert len(keys | {setting.key}) == 4


def test_order_of_value_by_device():
    records = select(benchmark="omniglot") + select(benchmark="cifar-fs")
    trained = {d: [r for r in in_order_of_value(records, d) if r.setting.iterations] for d in ("cpu", "cuda")}
    assert trained["cpu"][0].name.startswith("figure3/omniglot")
    assert trained["cuda"][0].name.startswith("table3/cifar-fs")
    assert in_order_of_value(records)[0].setting.iterations == 0
    assert trained["cpu"][-1].preset != "paper"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: find("table3/omniglot/cnn2/maml-kf0"), "table3/omniglot/cnn2/maml-kfo"),
        (lambda: find("???"), "empirical list"),
        (lambda: select(table="9"), "known are 1, 2, 3, B4"),
        (lambda: select(table="3", benchmark="mnist"), "known are omniglot"),
        (lambda: select(table="2", preset="released"), "known are paper, ours"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(call, said):
    with pytest.raises(ExperimentError, match=re.escape(said)):
        call()


def test_the_papers_contradictions_are_found_from_its_numbers():
    statements = [i.statement for i in inconsistencies()]
    assert "omniglot CNN(2) MAML: 66.8 in Table 1, 66.6 in Table 3" in statements
    assert any("omniglot CNN(4): 98.5 → 98.1" in s for s in statements)
    assert any("MAML on cifar-fs: 70.9 → 71.3" in s for s in statements)
    assert len(statements) == 4


def test_registry_report_and_results_import_no_torch():
    modules = "empirical.report, empirical.commands.report, empirical.__main__"
    code = f"import sys, {modules}; print('torch' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_records_are_json():
    assert json.dumps([r.setting.key for r in registry().values()])
