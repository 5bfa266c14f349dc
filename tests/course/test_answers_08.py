"""Answers to the exercises of lesson 08: an interval, and a paired comparison with gaps."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pandas as pd
from answers import both_tests
from scipy import stats

from fulfillment_lib.analysis import intervals

LEAD_S = "lead_time_mean_s"


def width(values):
    return stats.t.ppf(0.975, len(values) - 1) * values.std() / len(values) ** 0.5


def by_library(values):
    table = pd.DataFrame({"all": 0, "value": values})
    return intervals.means(table, "value", "all")["half_width"]


def by_interval(values):
    mean, error = values.mean(), stats.sem(values)
    low, high = stats.t.interval(0.95, len(values) - 1, loc=mean, scale=error)
    return (high - low) / 2


def by_printed_table(values):
    return {9: 2.262, 3: 3.182, 199: 1.972}[len(values) - 1] * values.sem()


def by_statistics(values):
    numbers = list(values)
    return float(stats.t.isf(0.025, len(numbers) - 1)) * (
        statistics.stdev(numbers) / math.sqrt(len(numbers))
    )


def difference(table):
    pairs = table.pivot(index="seed", columns="policy", values=LEAD_S).dropna()
    return (pairs["express_first"] - pairs["fifo"]).mean()


def without_dropping(table):
    """What is missing makes a difference of NaN, which `mean` leaves out."""
    side = {policy: rows.set_index("seed")[LEAD_S] for policy, rows in table.groupby("policy")}
    return (side["express_first"] - side["fifo"]).mean()


def merged(table):
    fifo = table[table["policy"] == "fifo"]
    express_first = table[table["policy"] == "express_first"]
    both = express_first.merge(fifo, on="seed", suffixes=("_new", "_old"))
    return np.mean(both[f"{LEAD_S}_new"].to_numpy() - both[f"{LEAD_S}_old"].to_numpy())


def by_dict(table):
    side = {"fifo": {}, "express_first": {}}
    for row in table.to_dict("records"):
        side[row["policy"]][row["seed"]] = row[LEAD_S]
    common = set(side["fifo"]) & set(side["express_first"])
    return statistics.fmean(side["express_first"][seed] - side["fifo"][seed] for seed in common)


def paired_row(table):
    return intervals.paired_difference(table, LEAD_S, "policy", "fifo", "express_first")


def sides(table):
    ordered = table.sort_values("seed")
    return (ordered[ordered["policy"] == name][LEAD_S] for name in ("express_first", "fifo"))


def unpaired(table):
    express_first, fifo = sides(table)
    return express_first.mean() - fifo.mean()


def line_by_line(table):
    """The first row of one against the first row of the other, whatever their seeds."""
    express_first, fifo = sides(table)
    return statistics.fmean(new - old for new, old in zip(express_first, fifo, strict=False))


def with_zeros(table):
    pairs = table.pivot(index="seed", columns="policy", values=LEAD_S).fillna(0)
    return (pairs["express_first"] - pairs["fifo"]).mean()


def with_means(table):
    pairs = table.pivot(index="seed", columns="policy", values=LEAD_S)
    pairs = pairs.fillna(pairs.mean())
    return (pairs["express_first"] - pairs["fifo"]).mean()


def divided_by_all_seeds(table):
    return difference(table) * len(table) / 2 / table["seed"].nunique()


def median(table):
    pairs = table.pivot(index="seed", columns="policy", values=LEAD_S).dropna()
    return (pairs["express_first"] - pairs["fifo"]).median()


def of_the_first_twelve_seeds(table):
    return difference(table[table["seed"] < 12])


RIGHT = {
    "08.1": {
        "as in the solution": width,
        "the library, a Series of one": by_library,
        "half of scipy's interval": by_interval,
        "t from a printed table": by_printed_table,
        "the standard library": by_statistics,
        "rounded to three digits after the point": lambda values: round(width(values), 3),
        "a numpy number": lambda values: np.float64(width(values)),
        "a short numpy number": lambda values: np.float32(width(values)),
        "an array of one": lambda values: np.array([width(values)]),
        "an array without a dimension": lambda values: np.array(width(values)),
        "it spoils the values": lambda values: [width(values), values.update(values * 0)][0],
    },
    "08.2": {
        "as in the solution": difference,
        "NaN is left out": without_dropping,
        "merged": merged,
        "by hand, with a dict": by_dict,
        "the library": lambda table: paired_row(table)["mean"].iloc[0],
        "the library, a Series of one": lambda table: paired_row(table)["mean"],
        "a number of the standard library": lambda table: float(difference(table)),
        "rounded to three digits after the point": lambda table: round(difference(table), 3),
        "it spoils the table": lambda table: [difference(table), table.pop("seed")][0],
    },
}

NUMBER = "the answer must be a number, got "
WRONG = {
    "08.1": {
        "divided by n": (lambda values: values.std() / len(values), "for 10 values it is 2.4795"),
        "without t": (lambda values: values.sem(), "for 10 values it is"),
        "1.96 for all": (lambda values: 1.96 * values.sem(), "for 10 values it is"),
        "t of n": (lambda v: stats.t.ppf(0.975, len(v)) * v.sem(), "for 10 values it is"),
        "90 %": (lambda v: stats.t.ppf(0.95, len(v) - 1) * v.sem(), "for 10 values it is"),
        "spread of a population": (
            lambda v: stats.t.ppf(0.975, len(v) - 1) * np.std(np.array(v)) / len(v) ** 0.5,
            "for 10 values it is",
        ),
        "the whole width": (lambda values: 2 * width(values), "for 10 values it is"),
        "of one value": (lambda v: width(v) * len(v) ** 0.5, "for 10 values it is"),
        "t of ten values for all": (lambda values: 2.262157 * values.sem(), "for 4 values it is"),
        "less than zero": (lambda values: -width(values), "for 10 values it is"),
        "looked up": (lambda values: 2.479509, "for 4 values it is"),
        "both ends": (lambda v: (v.mean() - width(v), v.mean() + width(v)), NUMBER),
        "a text": (lambda values: f"{width(values):.4f}", NUMBER),
        "nothing": (lambda values: None, NUMBER + "None"),
        "not a number": (lambda values: float("nan"), "you say nan"),
        "infinite": (lambda values: math.inf, "you say inf"),
        "a word": (lambda values: True, NUMBER + "True"),
        "a numpy word": (lambda values: np.bool_(True), NUMBER),
        "complex": (lambda values: complex(width(values), 1), NUMBER),
        "it raises": (lambda values: values["mean"], "it raised KeyError"),
        "it takes nothing": (lambda: 2.48, "it raised TypeError"),
        "no function": (2.479509, "the check takes a function"),
    },
    "08.2": {
        "unpaired": (unpaired, "for a table of 21 rows it is -0.2722, you say -0.4698"),
        "line by line": (line_by_line, "for a table of 15 rows it is"),
        "zero for what is missing": (with_zeros, "for a table of 21 rows it is"),
        "the mean for what is missing": (with_means, "for a table of 21 rows it is"),
        "divided by all seeds": (divided_by_all_seeds, "for a table of 21 rows it is"),
        "the median": (median, "for a table of 21 rows it is"),
        "the other way round": (lambda table: -difference(table), "for a table of 21 rows it is"),
        "the first twelve seeds": (of_the_first_twelve_seeds, "it raised KeyError"),
        "looked up": (lambda table: -0.272171, "for a table of 15 rows it is"),
        "all differences": (
            lambda t: t.pivot(index="seed", columns="policy", values=LEAD_S).diff(axis=1),
            NUMBER,
        ),
        "nothing": (lambda table: None, NUMBER + "None"),
        "a text": (lambda table: "-0.27", NUMBER + "'-0.27'"),
        "not a number": (lambda table: np.nan, "you say nan"),
        "it raises": (lambda table: 1 / 0, "it raised ZeroDivisionError"),
        "it takes two": (lambda table, policy: 0.0, "it raised TypeError"),
    },
}


test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)
