"""Live mode: a bar that is stored is analysed."""
