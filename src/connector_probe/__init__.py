"""Probes mail connectors as Exchange Online would."""
