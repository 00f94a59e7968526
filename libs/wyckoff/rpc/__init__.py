"""How every process serves and calls: server, channel, transports, errors."""
