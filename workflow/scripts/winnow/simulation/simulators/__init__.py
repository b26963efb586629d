"""The simulators, a module each, found by its name.

A module has `Keys`, a `winnow.study.keys.simulate.Simulate` with the simulator's keys;
`processes()`, the names that may be simulated; `columns(keys)`, what the files hold, in order; and
`write(keys, chunk, seed, paths)`, which simulates a chunk. It imports what it simulates with where
it does alone, so that a plan knows the keys without it. Two literals say which files come of it:
`FILES`, the name of each → the file of every chunk that it is joined from, and what the names of
the processes begin with that go into it (the first of a chunk's file that fits takes a process);
`EVENT_BYTES`, about how many an event takes in them. The first line of its text is what the key
table says.
"""
