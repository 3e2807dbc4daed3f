"""The servers that the tests of the command line have, too."""

from tests.cli.conftest import authority, smtp, tls, web

__all__ = ["authority", "smtp", "tls", "web"]
