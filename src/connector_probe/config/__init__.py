"""probes.yaml: read, checked, narrowed to what a run wants; and its import out of Exchange Online."""

from connector_probe.config.problems import ConfigError, ConfigProblem, SelectionError
from connector_probe.config.reading import Configuration, Entry, load, parse
from connector_probe.config.selecting import find_file, select, shard

__all__ = [
    "ConfigError",
    "ConfigProblem",
    "Configuration",
    "Entry",
    "SelectionError",
    "find_file",
    "load",
    "parse",
    "select",
    "shard",
]
