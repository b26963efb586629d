"""The frame of a job: its log, and one clear message when it fails."""

import logging
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, TextIO

from winnow.errors import WinnowError
from winnow.record import check, check_unchanged, record, states
from winnow.storage import name_file, storage_message

# A user's shell and home change no result: neither another backend, nor the keys of keras.json
# (floatx, epsilon, layout of pictures), nor switches by which TensorFlow rounds in another order.
_PINNED = MappingProxyType({"KERAS_BACKEND": "tensorflow", "KERAS_HOME": os.devnull})
_UNSET = ("TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS")


class JobLogger(logging.LoggerAdapter[logging.Logger]):
    """The logger of a job, with the terminal or file that the job was started on."""

    def __init__(self, logger: logging.Logger, terminal: TextIO) -> None:
        """Join the two."""
        super().__init__(logger)
        self.terminal = terminal


class Files(Protocol):
    """The files of a job, as a script is given them.

    Attributes:
        log: its log file, alone.
        input: what it reads.
        output: what it makes.
    """

    log: Sequence[str]
    input: Iterable[str]
    output: Iterable[str]


@contextmanager
def job(files: Files) -> Iterator[JobLogger]:
    """Run a job's work with all that it prints, TensorFlow's messages included, in its log.

    Its inputs must be what the jobs that made them wrote, and stay so until it ends.

    Args:
        files: the job's.

    Yields:
        A logger that writes to it, one line a message with the time.

    Raises:
        SystemExit: with status 1 after a WinnowError, or where the file system refuses a file; the
            message goes to the log and to the terminal, without a traceback. Any other exception
            shows its traceback in both.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
    os.environ.update(_PINNED)
    for name in _UNSET:
        os.environ.pop(name, None)
    log, terminal = files.log[0], os.fdopen(os.dup(2), "w", encoding="utf-8")
    with _log_told(log, terminal), _opened(log) as stream:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor in (1, 2):
            os.dup2(stream.fileno(), descriptor)
        logger = logging.getLogger("winnow")
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logging.captureWarnings(True)
        logging.getLogger("py.warnings").addHandler(handler)
        try:
            seen = states(files.input)
            check(files.input)
            yield JobLogger(logger, terminal)
            check_unchanged(seen)
            record(files.output)
        except Exception as error:
            told = str(error) if isinstance(error, WinnowError) else storage_message(error)
            if told is not None:
                print(f"winnow: error: {told}", file=terminal, flush=True)
                logger.error("%s", told)
                raise SystemExit(1) from None
            logger.error("%s", traceback.format_exc())
            traceback.print_exc(file=terminal)
            terminal.flush()
            raise SystemExit(1) from None
        finally:
            logger.removeHandler(handler)


def _opened(log: str | Path) -> TextIO:
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    return Path(log).open("w", encoding="utf-8", buffering=1)


@contextmanager
def _log_told(log: str | Path, terminal: TextIO) -> Iterator[None]:
    """Tell on the terminal that the log itself cannot be written, unless the job has failed."""
    try:
        yield
    except OSError as error:
        name_file(error, log)
        told = storage_message(error)
        if told is None:
            raise
        # a full disk ends the job first, and its log again when that is closed
        if not isinstance(error.__context__, SystemExit):
            print(f"winnow: error: {told}", file=terminal, flush=True)
        raise SystemExit(1) from None
