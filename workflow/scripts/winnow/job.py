"""The frame of a job: its log, and one clear message when it fails."""

import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from winnow.errors import WinnowError


class JobLogger(logging.LoggerAdapter[logging.Logger]):
    """The logger of a job, with the terminal or file that the job was started on."""

    def __init__(self, logger: logging.Logger, terminal: TextIO) -> None:
        """Join the two."""
        super().__init__(logger)
        self.terminal = terminal


@contextmanager
def job(log: str | Path) -> Iterator[JobLogger]:
    """Run a job's work with all that it prints, TensorFlow's messages included, in its log.

    Args:
        log: the rule's log file.

    Yields:
        A logger that writes to it, one line a message with the time.

    Raises:
        SystemExit: with status 1 after a WinnowError, whose message goes to the log and to the
            terminal, without a traceback. Any other exception shows its traceback in both.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    terminal = os.fdopen(os.dup(2), "w", encoding="utf-8")
    with Path(log).open("w", encoding="utf-8", buffering=1) as stream:
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
            yield JobLogger(logger, terminal)
        except WinnowError as error:
            logger.error("%s", error)
            print(f"winnow: error: {error}", file=terminal, flush=True)
            raise SystemExit(1) from None
        except Exception:
            logger.error("%s", traceback.format_exc())
            traceback.print_exc(file=terminal)
            terminal.flush()
            raise SystemExit(1) from None
        finally:
            logger.removeHandler(handler)
