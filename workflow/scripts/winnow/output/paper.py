"""Tables for a paper: yields, efficiencies and figures of merit, rounded, in LaTeX and CSV."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from winnow.columns import CLASS, EXACT, PROCESS, SAMPLE, TEST
from winnow.statistics import choice

_LATEX: Mapping[str, str] = MappingProxyType(
    {
        **{letter: f"\\{letter}" for letter in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)


def rounded(value: float, uncertainty: float) -> str:
    """Return a value with its uncertainty, both rounded as the Particle Data Group does.

    Of the uncertainty's three highest digits: 100 to 354 keep two, 355 to 949 one, and 950 to 999
    are rounded up to 1000 and keep two (Review of Particle Physics, Introduction, 5.3). Without an
    uncertainty, four digits of the value.

    >>> rounded(0.827, 0.119), rounded(0.827, 0.367), rounded(14.674, 0.964)
    ('0.83 ± 0.12', '0.8 ± 0.4', '14.7 ± 1.0')
    >>> rounded(1523.4, 180.04), rounded(28410.0, 3550.0), rounded(2.5, 0.0)
    ('1520 ± 180', '28000 ± 4000', '2.5')
    """
    if not math.isfinite(value):
        return "undefined"
    if not uncertainty > 0 or not math.isfinite(uncertainty):
        return f"{value:.4g}"
    exponent = math.floor(math.log10(uncertainty))
    highest = round(uncertainty / 10.0 ** (exponent - 2))
    digits = 1 if 355 <= highest <= 949 else 2
    if highest >= 950:
        exponent, uncertainty = exponent + 1, 10.0 ** (exponent + 1)
    decimals = digits - 1 - exponent
    shown = (round(number, decimals) for number in (value, uncertainty))
    return " ± ".join(f"{number:.{max(decimals, 0)}f}" for number in shown)


def yields_paper(yields: pd.DataFrame) -> pd.DataFrame:
    """Return a row a process: raw events, yield and efficiency on test at the cut.

    Args:
        yields: class, process, counts_as, entries, yield and uncertainty on test at the cut, and,
            where they are known, efficiency with its interval.
    """
    rows = []
    for _, own in yields.iterrows():
        row = {
            "class": own[CLASS],
            "process": own[PROCESS],
            "counted as": own["counts_as"],
            "events": f"{own['entries']:.0f}",
            "yield": rounded(own["yield"], own["uncertainty"]),
        }
        if "efficiency" in yields:
            half = (own["efficiency_upper"] - own["efficiency_lower"]) / 2
            row["efficiency (%)"] = rounded(100 * own["efficiency"], 100 * half)
        rows.append(row)
    return pd.DataFrame(rows)


def at_the_cut(yields: pd.DataFrame) -> pd.DataFrame:
    """Return the yields on test at the cut that validation chose; all where one cut is told."""
    if "scan" not in yields:
        return yields
    chosen = choice.at_the_cut(yields)
    return chosen[chosen[SAMPLE] == TEST]


def fom_paper(best: pd.DataFrame) -> pd.DataFrame:
    """Return a row a figure of merit: cut, signal, background and value on test.

    Args:
        best: label, scan, cut and, of test, s, b and fom with uncertainties, and sigma.
    """
    return pd.DataFrame(
        [
            {
                "figure of merit": own["label"],
                "cut": f"{own['cut']:.4g}",
                "signal": rounded(own["s_test"], own["s_uncertainty_test"]),
                "background": rounded(own["b_test"], own["b_uncertainty_test"]),
                "systematic": f"{own['sigma_test']:.3g}",
                "value": rounded(own["fom_test"], own["fom_uncertainty_test"]),
            }
            for _, own in best[best["scan"] == EXACT].iterrows()
        ]
    )


def latex(table: pd.DataFrame, mathematics: Sequence[str] = ()) -> str:
    r"""Return a table in LaTeX, for the package booktabs.

    Args:
        table: texts.
        mathematics: columns that hold LaTeX already.

    >>> print(latex(pd.DataFrame({"process": ["a_1"], "yield": ["1.0 ± 0.2"]})), end="")
    \begin{tabular}{ll}
    \toprule
    process & yield \\
    \midrule
    a\_1 & $1.0 \pm 0.2$ \\
    \bottomrule
    \end{tabular}
    """
    lines = [rf"\begin{{tabular}}{{{'l' * table.shape[1]}}}", r"\toprule"]
    lines.append(" & ".join(map(_escaped, map(str, table.columns))) + r" \\")
    lines.append(r"\midrule")
    for _, row in table.iterrows():
        cells = (
            text if name in mathematics else _escaped(text)
            for name, text in row.astype(str).items()
        )
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _escaped(text: str) -> str:
    """Return a text as LaTeX shows it; an uncertainty is mathematics."""
    value, found, error = text.partition(" ± ")
    if found:
        return rf"${value} \pm {error}$"
    return "".join(_LATEX.get(letter, letter) for letter in text)
