"""Train one network and keep the weights of its best and of its last epoch."""

from winnow.job import job

with job(snakemake.log[0]) as log:
    from winnow.models import build
    from winnow.tables import write_parquet
    from winnow.trainer import read_data, set_threads, train

    params = snakemake.params
    set_threads(params.training["threads"])
    data = {
        name: read_data(
            snakemake.input[f"features_{name}"],
            snakemake.input[f"classes_{name}"],
            snakemake.input[f"weights_{name}"],
            params.model,
            params.class_count,
            params.positive,
        )
        for name in ("train", "validation")
    }
    model = build(params.model, data["train"].features.shape[1], params.class_count, params.seed)
    log.info("%d parameters, %d training events", model.count_params(), len(data["train"].labels))
    history, timing = train(
        model,
        data["train"],
        data["validation"],
        params.training,
        params.seed,
        snakemake.output.best,
        snakemake.output.last,
        log.info,
    )
    write_parquet(timing, snakemake.output.timing)
    write_parquet(history, snakemake.output.history)
