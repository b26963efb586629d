"""Feature normalisation: fitted on training events, applied everywhere, one module a step."""
