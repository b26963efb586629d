"""What is seen of a training: a bar, a line a minute, TensorBoard's scalars."""

import io

import pytest
import tensorflow as tf
from tensorflow.core.util import event_pb2

from winnow.training import bar
from winnow.training.bar import progress
from winnow.training.progress import Status
from winnow.training.tensorboard import tensorboard


class Terminal(io.StringIO):
    def isatty(self):
        return True


def status(epoch=2, done=0.5):
    return Status(epoch, 10, done, 0.61, 0.63, 12345.0, 75.0, 0.6, 1)


def test_a_terminal_shows_a_bar_and_a_log_does_not():
    for terminal, shown in ((Terminal(), True), (io.StringIO(), False)):
        with progress("base", terminal, lambda line: None) as show:
            show(status())
        assert bool(terminal.getvalue()) is shown


def test_a_bar_tells_epoch_losses_rate_time_and_best():
    terminal = Terminal()
    with progress("base replica 00", terminal, lambda line: None) as show:
        show(status())
    for told in ("25%", "epoch 2 of 10", "loss 0.61", "validation loss 0.63", "1.23e+04 events/s",
                 "75 s to go", "best epoch 1 (0.6)"):  # fmt: skip
        assert told in terminal.getvalue()


def test_a_log_gets_a_line_a_minute_inside_long_epochs(monkeypatch):
    lines, clock = [], iter([0.0, 30.0, 61.0, 70.0, 122.0, 123.0])
    monkeypatch.setattr(bar.time, "monotonic", lambda: next(clock))
    with progress("base", io.StringIO(), lines.append) as show:
        for done in (0.1, 0.2, 0.3, 0.4, 0.5):
            show(status(done=done))
        show(status(epoch=3, done=0.1))
    assert [line[:4] for line in lines] == ["30% ", "50% "]


def scalars(folder):
    found = {}
    for path in folder.iterdir():
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = event_pb2.Event.FromString(record)
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"
                found[value.tag, event.step] = tf.make_ndarray(value.tensor).item()
    return found


def test_tensorboard_gets_every_scalar_by_epoch(tmp_path):
    folder = tmp_path / "tensorboard"
    folder.mkdir()
    (folder / "events.of.an.earlier.training").touch()
    write = tensorboard(folder)
    write({"epoch": 0, "phase": 0, "loss": 0.5})
    tensorboard(folder)({"epoch": 1, "phase": 0, "loss": 0.25})
    assert scalars(folder) == {("loss", 0): pytest.approx(0.5), ("loss", 1): pytest.approx(0.25)}
    assert not (folder / "events.of.an.earlier.training").exists()
