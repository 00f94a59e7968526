"""Start the orchestrator: ``python -m orchestrator --address HOST:PORT``."""

from __future__ import annotations

import sys

from orchestrator.mounts import open_mounts
from wyckoff.rpc.runner import run_service

if __name__ == "__main__":
    sys.exit(run_service("orchestrator", open_mounts, "127.0.0.1:50050"))
