"""Plot style: readable in grey, no side effects, the same bytes each time."""

import itertools
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from winnow.figures import style


def lightness(colour):
    """Return CIE L* of an sRGB colour (IEC 61966-2-1, CIE 15): 0 black, 100 white."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def test_lightness_is_right_at_the_ends():
    assert lightness("white") == pytest.approx(100, abs=0.01)
    assert lightness("#777777") == pytest.approx(50.0, abs=0.2)


def test_class_colours_differ_in_grey_and_from_the_paper():
    values = [lightness(colour) for colour in style.COLOURS]
    gaps = [abs(a - b) for a, b in itertools.combinations(values, 2)]
    assert min(gaps) >= 9
    assert abs(values[0] - values[1]) >= 30
    assert max(values) <= 85


def test_sample_colours_differ_in_grey():
    values = [lightness(look.colour) for look in style.SAMPLE_STYLES.values()]
    assert min(abs(a - b) for a, b in itertools.combinations(values, 2)) >= 15
    assert len({str(look.line) for look in style.SAMPLE_STYLES.values()}) == 3


def test_many_classes_never_look_alike():
    looks = [style.class_style(i) for i in range(30)]
    assert len({(look.colour, str(look.line)) for look in looks}) == 30
    assert len({look.marker for look in looks[:6]}) == 6
    assert len({look.hatch for look in looks[:6]}) == 6


def test_a_class_has_the_label_and_the_colour_that_it_is_given():
    looks = style.Looks({"ttbar": r"$t\bar{t}$"}, {"ttbar": "navy"})
    assert (looks.name("ttbar"), looks.name("W")) == (r"$t\bar{t}$", "W")
    assert looks.style("ttbar", 1) == replace(style.class_style(1), colour="#000080")
    assert looks.style("W", 1) == style.class_style(1)
    assert looks.points("ttbar", 1)["color"] == "#000080"


def test_labels_carry_units():
    labels = {"pt": {"label": r"$p_\mathrm{T}$", "unit": "GeV"}, "eta": {"unit": ""}}
    assert style.axis_label("mass", "GeV") == "mass [GeV]"
    assert style.feature_label("pt", labels) == r"$p_\mathrm{T}$ [GeV]"
    assert style.feature_label("eta", labels) == "eta"
    assert style.feature_label("other", {}) == "other"


@pytest.mark.parametrize(
    ("value", "uncertainty", "text"),
    [
        (0.92347, 0.00412, "0.9235 ± 0.0041"),
        (3.2149, 0.31, "3.21 ± 0.31"),
        (3214.9, 310.0, "3215 ± 310"),
        (3.2149, float("nan"), "3.21"),
        (1.0, 0.0, "1"),
    ],
)
def test_values_end_at_the_second_digit_of_their_uncertainty(value, uncertainty, text):
    assert style.with_uncertainty(value, uncertainty) == text


def example():
    with style.context():
        figure = style.new_figure(4, 3)
        axes = figure.subplots()
        axes.plot([0, 1], [1, 2], label="σ ≥ 1 µm")
        axes.stairs([1, 2], [0, 0.5, 1], hatch="//", fill=True, alpha=0.3)
        axes.set_xlabel(r"$\varepsilon_s$ of −1 [GeV]")
        axes.legend()
        style.header(figure, "title", "ATLAS open data")
    return figure


def test_the_header_shows_label_and_title():
    assert example().get_suptitle() == "ATLAS open data\ntitle"


def test_the_style_ends_with_its_block():
    before = dict(mpl.rcParams)
    example()
    assert dict(mpl.rcParams) == before
    with style.context():
        assert mpl.rcParams["xtick.direction"] == "in"


def test_two_saves_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        style.save(example(), tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")
    for kind, start in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        content = (tmp_path / f"a.{kind}").read_bytes()
        assert content.startswith(start)
        assert content == (tmp_path / f"b.{kind}").read_bytes()
    assert b"CreationDate" not in (tmp_path / "a.pdf").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pdf", "a.png", "b.pdf", "b.png"]


def test_saving_leaves_neither_settings_nor_artists(tmp_path):
    before = dict(mpl.rcParams)
    figure = example()
    style.save(figure, tmp_path / "a.png", tmp_path / "a.pdf")
    assert dict(mpl.rcParams) == before
    assert figure.axes == []
