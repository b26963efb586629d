"""The kinds of pictures, a module each, found by its name.

A module has `Keys`, a `winnow.study.keys.images.Images` with the kind's keys, and
`draw(keys, objects)`, which makes pictures of the objects of some events. The first line of its
text is what the key table says.
"""
