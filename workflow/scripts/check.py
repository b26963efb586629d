"""Look at every input's first rows, and tell what would fail later."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.events.first_look import check_samples, first_look, look_table
    from winnow.events.settings import resolved_settings
    from winnow.study.files import InputFile
    from winnow.study.keys.balance import Balance
    from winnow.study.typed import made

    params, looks = snakemake.params, {}
    for entry in params.files:
        file = InputFile(**entry)
        settings = resolved_settings(params.settings, params.sums, file.process)
        looks[file.source] = first_look(file, settings)
    lines = [f"study {params.study}: {params.runs} trainings of {params.points} scan points"]
    if looks:
        lines.append(look_table(looks, params.classes).to_string(index=False))
    if params.simulated:
        lines.append(f"simulated when the study runs: {', '.join(params.simulated)}")
    whole = looks and all(look.whole for look in looks.values()) and not params.simulated
    if whole and not params.folds:
        own = params.fractions, params.key, made(Balance, params.balance)
        table = check_samples([*looks.values()], *own, params.classes, params.signal)
        lines.append(table.to_string(index=False))
    elif not whole:
        lines.append("not all rows were read: samples and their balance are not checked")
    for line in lines:
        log.info("%s", line)
        print(line, file=log.terminal, flush=True)
