"""``python -m connector_probe`` is ``probe``."""

from connector_probe.cli import main

main()
