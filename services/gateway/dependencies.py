"""Parameters that routes ask for by their type."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from services.gateway.access import Principal
from services.gateway.parts import GatewayParts
from wyckoff.access.keys import Scope


def parts_of(connection: HTTPConnection) -> GatewayParts:
    """The parts of the app that a request or a socket has come to."""
    parts: GatewayParts = connection.app.state.parts
    return parts


def principal_of(connection: HTTPConnection) -> Principal:
    """Who sent a request."""
    principal: Principal = connection.scope["state"]["principal"]
    return principal


def needs(scope: Scope) -> Callable[[HTTPConnection], Principal]:
    """A dependency: the caller, if it may do ``scope``."""

    def check(connection: HTTPConnection) -> Principal:
        principal = principal_of(connection)
        principal.require(scope)
        return principal

    return check


Parts = Annotated[GatewayParts, Depends(parts_of)]
"""Parameter of a route."""

Reader = Annotated[Principal, Depends(needs(Scope.READ))]
"""Parameter of a route for callers that may read."""

Writer = Annotated[Principal, Depends(needs(Scope.WRITE))]
"""Parameter of a route for callers that may store."""


async def count_costly(connection: HTTPConnection) -> None:
    """A dependency of routes that analyse or store."""
    await parts_of(connection).rates.count_costly(connection.scope["state"]["caller"])
