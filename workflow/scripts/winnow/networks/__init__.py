"""A config section to a Keras model, and back."""
