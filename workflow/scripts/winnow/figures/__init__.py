"""The figures: one home of style, one module a figure."""
