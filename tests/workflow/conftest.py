"""What the workflow tests share."""

import numpy as np
import pytest

from toy import TOY, run_snakemake, toy_events, write_study


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The toy study, run to its end once for all tests that only look at it."""
    folder = tmp_path_factory.mktemp("toy")
    events = toy_events(4000, 1)
    for number, part in enumerate(np.array_split(np.arange(4000), 2)):
        events.iloc[part].to_csv(folder / f"events-{number}.csv", index=False)
    write_study(folder, TOY)
    run_snakemake(folder, "--configfile", "study.yaml")
    return folder
