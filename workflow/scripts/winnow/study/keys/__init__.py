"""Sections of a config that more than one room reads, a module each."""
