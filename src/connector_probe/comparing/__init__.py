"""Two reports held against each other: what differs, and where the fault lies then."""
