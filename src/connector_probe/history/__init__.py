"""What earlier runs saw, in one SQLite file: recorded, thinned, summed up."""

from connector_probe.history.faults import DamagedError, HistoryError, NotAHistoryError
from connector_probe.history.foreign import refuse_foreign
from connector_probe.history.sightings import servers_of, sighting_of
from connector_probe.history.storage import History

__all__ = ["DamagedError", "History", "HistoryError", "NotAHistoryError", "refuse_foreign", "servers_of", "sighting_of"]
