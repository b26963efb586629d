"""The contestants, a module each, found by its name.

A module has four functions. `lacking()` says what of its software is not there, and nothing where
all is. `translated(model, training)` gives its own words for the config's settings, and what it has
no counterpart for (`winnow.contest.task.Translation`). `set_up(threads)` imports its software, so
that no import is timed, and returns the versions. `train(task)` trains and returns a
`winnow.contest.task.Trained`. It imports its software in functions alone, so that a plan is made
without. The literal `SCANNED` says whether the scanned settings mean anything to it: one that they
do not is trained at the first point alone. The first line of its text is what the key table says.

Its conda environment is `envs/contest_<name>.yaml`.
"""
