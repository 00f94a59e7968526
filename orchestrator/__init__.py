"""The orchestrator, started as a process of its own, and the ``wyckoff`` command."""

import os

# read when grpc is first imported: without it, whoever finds a TLS port can fill the log, a line for each handshake
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
