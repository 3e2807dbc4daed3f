"""``probe serve``: exporter, API and dashboard over one service that probes, remembers and judges."""
