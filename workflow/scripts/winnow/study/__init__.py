"""What a config says: sections, checks, scan points, files, and what follows from them."""
