"""The families of networks, a module each, found by its name.

A module has `Keys`, a `winnow.study.keys.model.Model` with the family's keys, and
`build(keys, shape, class_count, seed)`, which returns the network. It imports Keras where it builds
alone, so that a plan knows the keys without it. The first line of its text is what the key table
says.
"""
