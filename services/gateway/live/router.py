"""``/ws``."""

from fastapi import APIRouter, WebSocket

from services.gateway.dependencies import Parts
from services.gateway.live.socket import LiveSocket

router = APIRouter()


@router.websocket("/ws")
async def live_events(websocket: WebSocket, parts: Parts) -> None:
    """Events as they happen, and again those behind the event named by ``after``."""
    await LiveSocket(websocket, parts.events, parts.access, parts.rates).serve()
