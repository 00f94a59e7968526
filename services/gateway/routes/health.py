"""How the gateway is, and the system behind it."""

from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from services.gateway.dependencies import Parts, Reader
from services.gateway.documented import listed
from services.gateway.guard import LIVENESS_PATH
from services.gateway.wire import message_response
from wyckoff.orchestrator.v1.orchestrator_pb2 import GetHealthResponse

router = APIRouter(tags=["health"])


class Liveness(BaseModel):
    """The gateway serves."""

    status: Literal["serving"] = "serving"
    version: str = Field(default_factory=lambda: version("wyckoff"), examples=["0.1.0"])
    api: Literal["v1"] = "v1"


@router.get(LIVENESS_PATH, summary="Whether the gateway itself serves")
async def liveness() -> Liveness:
    """Needs no key and calls no other service."""
    return Liveness()


@router.get(
    "/api/v1/health/orchestrator",
    summary="How every service behind is",
    **listed(GetHealthResponse, "health", errors=()),
)
async def orchestrator_health(parts: Parts, reader: Reader) -> Response:
    """The component document: `detectors_loaded` names the services whose detectors can be used now."""
    return await message_response(await parts.orchestrator.get_health())
