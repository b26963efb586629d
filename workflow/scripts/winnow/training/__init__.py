"""Training: the loop, its state on disk, and what is checked of what it gives."""
