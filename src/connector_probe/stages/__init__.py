"""The stages: one file each, gathering evidence and concluding nothing."""
