"""Train one network and keep the weights of its best and of its last epoch."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from pathlib import Path

    from winnow.evaluation import read_data, set_threads
    from winnow.models import build
    from winnow.resume import resumable
    from winnow.state import remove_state
    from winnow.tables import write_parquet
    from winnow.trainer import train

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    set_threads(params.training["threads"])
    data = {
        name: read_data(
            inputs[f"features_{name}"],
            inputs[f"classes_{name}"],
            inputs[f"weights_{name}"],
            params.model,
            params.class_count,
            params.positive,
        )
        for name in ("train", "validation")
    }
    model = build(params.model, data["train"].features.shape[1], params.class_count, params.seed)
    log.info("%d parameters, %d training events", model.count_params(), len(data["train"].labels))
    state = Path(output.history).parent / "state"
    depends, every = dict(params.items()), snakemake.resources.save_every
    with resumable(state, depends, dict(inputs.items()), every, log.info) as checkpoint:
        history, timing = train(
            model,
            data["train"],
            data["validation"],
            params.training,
            params.seed,
            output.best,
            output.last,
            log.info,
            checkpoint,
        )
        write_parquet(timing, output.timing)
        write_parquet(history, output.history)
        remove_state(state)
