"""The formats of event files, one module each."""
