"""Score the test events as one direction of a systematic variation has them."""

from collections.abc import Iterator

from winnow.job import job

with job(snakemake) as log:
    import numpy as np
    import pyarrow as pa

    from winnow.columns import CLASS, PROCESS, ROW, SAMPLE, SOURCE, TEST, WEIGHT
    from winnow.events.defects import rejected_list
    from winnow.events.settings import resolved_settings
    from winnow.events.shifted import events_that_test
    from winnow.events.split import Split
    from winnow.events.values import repeated
    from winnow.preparation.arrays import feature_matrix
    from winnow.study.files import InputFile
    from winnow.tables import atomic, read_json, write_tables
    from winnow.training.committee import read_committee

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    networks = inputs.models, inputs.networks, inputs.passports, params.folds
    committee = read_committee(*networks, params.threads)
    sums, files = iter(inputs.sums), []
    for entry, count in zip(params.files, params.sums, strict=True):
        own = [read_json(next(sums)) for _ in range(count)]
        settings = resolved_settings(params.settings, own, entry["process"])
        files.append((InputFile(**entry), settings))
    split = Split(params.fractions, params.key, params.fold_count)

    def scored(rejected: object) -> Iterator[pa.Table]:
        """Yield the table of scores, some events at a time."""
        for events, fold in events_that_test(files, split, rejected, told):
            features = feature_matrix(events, committee.features, np.arange(len(events)))
            scores = committee.score(features, fold).T
            kept = {name: events[name] for name in (SOURCE, ROW, PROCESS, CLASS, WEIGHT)}
            kept[SAMPLE] = repeated(TEST, len(events))
            yield pa.table(kept | dict(zip(committee.columns, scores, strict=True)))

    def told(path: str, counts: dict[str, object]) -> None:
        """Log what became of a file's rows."""
        log.info("%s: %s", path, counts)

    with atomic(output.rejected) as path, rejected_list(path) as rejected:
        write_tables(scored(rejected), output.scores)
