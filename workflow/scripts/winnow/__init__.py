"""winnow's library: plain functions on arrays and tables, free of Snakemake."""
