"""What earlier runs saw, in one SQLite file: recorded, thinned, summed up."""

from connector_probe.history.faults import DamagedError, HistoryError
from connector_probe.history.sightings import sighting_of
from connector_probe.history.storage import History

__all__ = ["DamagedError", "History", "HistoryError", "sighting_of"]
