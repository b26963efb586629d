"""What leaves: the page, and files for other programs."""
