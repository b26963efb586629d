"""Every figure with many classes of long names: letters of a size, apart, no legend over curves."""

import itertools

import numpy as np
import pytest
import test_images
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from winnow.figures import style

DPI = 100
SMALLEST = 8.0


def named(count):
    """Names of 40 letters."""
    return tuple(
        f"{number:02d}_TTToSemiLeptonic_powheg_pythia8_2018UL"[:40] for number in range(count)
    )


@pytest.fixture(params=[2, 12], ids="{} classes".format)
def many(request, monkeypatch):
    names = named(request.param)
    assert {len(name) for name in names} == {40}
    monkeypatch.setattr(test_images, "CLASSES", names)
    monkeypatch.setattr(
        test_images, "PROCESSES", ("signal_" + names[0][:33], *named(12)[: max(2, len(names) - 1)])
    )
    monkeypatch.setattr(test_images, "HIT_CLASSES", names)
    monkeypatch.setattr(test_images, "AGAINST", ("all", *names[:-1]))


def drawn(draw):
    """Return a figure as it is laid out, and the renderer."""
    figure = draw()
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return figure, canvas.get_renderer()


def texts_of(figure):
    """List the texts that are seen."""
    found = [*figure.texts]
    for legend in figure.legends:
        found += [*legend.get_texts(), legend.get_title()]
    for axes in figure.axes:
        legend = axes.get_legend()
        found += [*legend.get_texts(), legend.get_title()] if legend else []
        found += axes.texts
        if not axes.axison:
            continue
        found += [axes.title]
        for axis in (axes.xaxis, axes.yaxis):
            # the ticks of others lie beyond the axis and are not drawn
            found += [
                label for tick in axis._update_ticks() for label in (tick.label1, tick.label2)
            ]
            found += [axis.label, axis.offsetText]
    return [text for text in found if text.get_visible() and text.get_text()]


def boxes(figure, renderer):
    return [(text.get_text(), text.get_window_extent(renderer)) for text in texts_of(figure)]


@style.context()
@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("name", test_images.FIGURES)
def test_letters_are_of_a_size_and_apart_and_legends_lie_over_nothing_drawn(name):
    figure, renderer = drawn(test_images.FIGURES[name])
    assert figure.get_figwidth() <= style.PAGE_WIDTH
    sizes = {text.get_text(): text.get_fontsize() for text in texts_of(figure)}
    assert min(sizes.values()) >= SMALLEST, sizes
    found = boxes(figure, renderer)
    for told, box in found:
        assert box.x0 > -1, told
        assert box.y0 > -1, told
        assert box.x1 < figure.bbox.width + 1, told
        assert box.y1 < figure.bbox.height + 1, told
    over = [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(found, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1.5 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1.5
    ]
    assert over == []

    for axes in figure.axes:
        legend = axes.get_legend()
        if legend is None:
            continue
        box = legend.get_window_extent(renderer)
        for line in axes.lines:
            points = line.get_transform().transform(np.column_stack(line.get_data()).astype(float))
            inside = axes.bbox.count_contains(points) and box.count_contains(points)
            assert not inside, (line.get_label(), legend.get_texts())
        for patch in axes.patches:
            if patch.get_hatch() or not hasattr(patch, "get_data"):
                continue
            heights, edges, _ = patch.get_data()
            corners = np.column_stack([np.repeat(edges, 2)[1:-1], np.repeat(heights, 2)])
            assert not box.count_contains(patch.get_transform().transform(corners)), axes
    for legend in figure.legends:
        box = legend.get_window_extent(renderer)
        for axes in figure.axes:
            if axes.axison:
                assert not box.overlaps(axes.bbox)


@style.context()
def test_two_texts_that_overlap_are_seen():
    figure = style.new_figure(3, 2)
    axes = figure.subplots()
    for place in (0.5, 0.52):
        axes.text(place, 0.5, "words")
    found = boxes(*drawn(lambda: figure))
    words = [box for told, box in found if told == "words"]
    assert len(words) == 2
    assert words[0].overlaps(words[1])
    assert all(isinstance(text, Text) for text in texts_of(figure))
