"""Score every entry of a file, labels or none: a table and a friend tree of the scores."""

from collections import Counter
from contextlib import ExitStack

from winnow.job import job

with job(snakemake) as log:
    import numpy as np
    import pandas as pd

    from winnow.columns import EVENT_ID
    from winnow.events.ingest import read_entries
    from winnow.events.roles import known_events
    from winnow.events.settings import IngestSettings
    from winnow.output.friends import FriendWriter, Scored, advice, counted
    from winnow.preparation.arrays import feature_matrix
    from winnow.statistics.choice import member_positions
    from winnow.storage import atomic
    from winnow.study.files import InputFile
    from winnow.tables import write_json
    from winnow.training.committee import read_committee

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    file, settings = InputFile(**params.file), IngestSettings(**params.settings)
    given = inputs.models, inputs.networks, inputs.passports, params.folds
    chosen = range(len(params.folds))
    if inputs.table:
        chosen = member_positions(pd.read_csv(inputs.table, dtype=str), params.runs, True)
    own = [[of_all[position] for position in chosen] for of_all in given]
    committee = read_committee(*own, params.threads)
    known = known_events(next(iter(inputs.roles), None))
    for message in advice(file, output.friend, params.tree, known.ids.size):
        log.info("%s", message)
    counts = Counter[str]()
    with ExitStack() as outputs:
        paths = [outputs.enter_context(atomic(output[k])) for k in ("scores", "friend", "rejected")]
        writer = outputs.enter_context(FriendWriter(*paths[:2], params.tree, params.branches))
        for entries in read_entries(file, settings, paths[2]):
            events = entries.events
            role, fold = known.look_up(events[EVENT_ID].to_numpy())
            features = feature_matrix(events, committee.features, np.arange(len(events)))
            scores = dict(zip(committee.columns, committee.score(features, fold).T, strict=True))
            carried = {name: events[name] for name in (EVENT_ID, *settings.spectators)}
            scored = Scored(scores, role, fold, carried)
            writer.write(file.source, entries.status, scored)
            counts.update(counted(entries.status, scored))
    log.info("%s: %s", file.path, dict(counts))
    write_json(counts, output.counts)
