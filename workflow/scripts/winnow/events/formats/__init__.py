"""The formats of input files, a module each, found by its name.

A module has `READER`, how such files are read, `ENDINGS`, what their names end with, and `KEYS`,
the keys of `input.files[]` that mean something to it alone. The two are literals, so that a plan
knows them without what reads the files.
"""
