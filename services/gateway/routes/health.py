"""How the gateway is, and the system behind it."""

from importlib.metadata import version

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.dependencies import Parts, Reader
from services.gateway.guard import LIVENESS_PATH
from services.gateway.wire import message_response

router = APIRouter(tags=["health"])


@router.get(LIVENESS_PATH)
async def liveness() -> dict[str, str]:
    """Whether the gateway itself serves. Needs no key."""
    return {"status": "serving", "version": version("wyckoff"), "api": "v1"}


@router.get("/api/v1/health/orchestrator")
async def orchestrator_health(parts: Parts, reader: Reader) -> Response:
    """The component document."""
    return message_response(await parts.orchestrator.get_health())
