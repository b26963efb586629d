"""Write the chosen classifier's score in bins for fits: ROOT histograms and a pyhf workspace."""

from winnow.job import job

with job(snakemake) as log:
    import pandas as pd
    import uproot

    from winnow.output.workspace import expected, fit_bins, histograms, workspace
    from winnow.statistics.choice import chosen_position
    from winnow.storage import atomic
    from winnow.tables import write_csv, write_json

    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    position = chosen_position(inputs.table, params.classifiers)
    yields = pd.read_csv(inputs.yields[position])
    shifted = pd.read_csv(inputs.shifted[0]) if inputs.shifted else None
    binned = fit_bins(yields, shifted)
    if binned.merged:
        log.info("%d bins joined with a neighbour: a process was negative there", binned.merged)
    spec = workspace(binned, params.systematic)
    own = params.classifiers[position]
    row = {"point": own["point"], "member": own["member"], "bins": len(binned.edges) - 1}
    row |= expected(spec)
    if shifted is not None:
        plain = workspace(fit_bins(yields), params.systematic)
        row["significance_without_variations"] = expected(plain)["significance"]
    told = pd.DataFrame([row])
    log.info("%s", told.to_string(index=False))
    with atomic(output.root) as temporary, uproot.recreate(temporary) as file:
        for name, own in histograms(binned).items():
            file[name] = own
    write_json(spec, output.workspace)
    write_csv(told, output.expected)
