"""Events to training arrays: normalisation and balance."""
