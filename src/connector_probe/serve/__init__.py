"""``probe serve``: exporter and API over one service that probes, remembers and judges."""
