"""The steps of a normalisation, a module each, found by its name.

A module has `fit_step(features, transform, step)`, which returns the fitted step as
`winnow.preparation.normalise.apply` describes it, and, where the step has keys of its own, `Keys`,
a `winnow.study.keys.normalise.Step` with them. The first line of its text is what the key table
says.
"""
