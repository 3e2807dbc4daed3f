"""From evidence to a verdict. Pure: no sockets, no clock, no files; evidence and words are passed in."""
