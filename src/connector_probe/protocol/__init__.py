"""Pure protocol knowledge: bytes in, facts out. No sockets, no clocks."""
