"""The vocabulary: what is asked, what was seen, what it means. Does no I/O and imports nothing else of ours."""
