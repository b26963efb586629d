"""Networks of several programs, trained on one input with the same settings, and what they cost."""
