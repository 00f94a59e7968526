"""Services of the pipeline and its doors, each started as a process of its own."""

import os

from services import compiled as compiled  # first of all: what is compiled takes the place of its sources

# read when grpc is first imported: without it, whoever finds a TLS port can fill the log, a line for each handshake
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
