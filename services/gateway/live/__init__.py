"""Events as they happen: one stream of the orchestrator feeds every WebSocket."""
