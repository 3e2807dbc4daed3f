"""From evidence to a verdict: ids and facts. Pure: no sockets, no clock, no files, no words."""
