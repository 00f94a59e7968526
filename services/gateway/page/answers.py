"""Answers that a browser keeps and asks about again: a short question, a short answer while nothing has changed."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

#: Kept by the browser alone, and used only after it was asked whether it still holds.
REVALIDATED: Final = "private, no-cache"


def tagged(request: Request, tag: str, body: bytes, media_type: str, cache: str = REVALIDATED) -> Response:
    """``body`` under ``tag``, or 304 for who has it already."""
    headers = {"ETag": f'"{tag}"', "Cache-Control": cache, "Vary": "Accept-Encoding, X-API-Key"}
    if f'"{tag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def accepts_gzip(request: Request) -> bool:
    """Whether the browser takes compressed answers."""
    return "gzip" in request.headers.get("accept-encoding", "")


def compressed(body: bytes) -> bytes:
    """As gzip, the same bytes for the same body."""
    return gzip.compress(body, compresslevel=6, mtime=0)
