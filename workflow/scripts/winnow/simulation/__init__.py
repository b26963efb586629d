"""Toy Monte Carlo: samples for studies that have no input files."""
