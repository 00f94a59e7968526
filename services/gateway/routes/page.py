"""The page itself: files of this package and the plotting library of the installed package, nothing else."""

import hashlib
from functools import lru_cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Final

from anyio import to_thread
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.page.answers import accepts_gzip, compressed, tagged

WEB_FOLDER: Final = Path(str(resources.files("services.gateway") / "web"))
#: By the ending of a file; nothing else is given away.
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
#: Asked for under a name that has the version in it.
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ALWAYS_ASKED: Final = "no-cache"

router = APIRouter(tags=["page"], include_in_schema=False)


@router.get("/")
async def page(request: Request) -> Response:
    """The document. It needs no key: what it shows is asked for with one."""
    body = _document()
    return tagged(request, _digest(body), body, "text/html; charset=utf-8", _ALWAYS_ASKED)


@router.get("/web/plotly-{plotly_version}.min.js")
async def plotly(request: Request, plotly_version: str) -> Response:
    """The plotting library, compressed once."""
    if plotly_version != version("plotly"):
        raise HTTPException(404, f"plotly {version('plotly')} is installed; load the page again")
    packed = accepts_gzip(request)
    body = await to_thread.run_sync(_plotly, packed)
    tag = f"plotly-{plotly_version}{'-gzip' if packed else ''}"
    response = tagged(request, tag, body, _MEDIA_TYPES[".js"], _FOR_EVER)
    if packed and response.status_code != 304:
        response.headers["Content-Encoding"] = "gzip"
    return response


@router.get("/web/{path:path}")
async def asset(request: Request, path: str) -> Response:
    """A style sheet, a script or an icon."""
    body = _assets().get(path)
    if body is None:
        raise HTTPException(404, "the page has no such file")
    return tagged(request, _digest(body), body, _MEDIA_TYPES[Path(path).suffix], _ALWAYS_ASKED)


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """What browsers ask for by themselves."""
    return await asset(request, "icons/favicon.svg")


@lru_cache(maxsize=1)
def _document() -> bytes:
    text = (WEB_FOLDER / "index.html").read_text(encoding="utf-8")
    return Template(text).substitute(plotly=version("plotly"), version=version("wyckoff")).encode()


@lru_cache(maxsize=1)
def _assets() -> dict[str, bytes]:
    """Every file by its path: names that are not among them lead nowhere, whatever they look like."""
    files = (path for path in WEB_FOLDER.rglob("*") if path.suffix in _MEDIA_TYPES)
    return {path.relative_to(WEB_FOLDER).as_posix(): path.read_bytes() for path in files}


@lru_cache(maxsize=2)
def _plotly(packed: bool) -> bytes:
    body = (resources.files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    return compressed(body) if packed else body


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=12).hexdigest()
