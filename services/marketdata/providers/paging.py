"""Pages, one after the other, to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from services.marketdata.providers.answers import bad_answer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable

Token = TypeVar("Token", bound="Hashable")
Page = TypeVar("Page")


async def pages(
    provider: str, first: Token, load: Callable[[Token], Awaitable[tuple[Page, Token | None]]], *, max_pages: int
) -> AsyncGenerator[Page]:
    """Each page that ``load`` gives, until it names no next one. A page that was there before is an error."""
    token: Token | None = first
    seen: set[Token] = set()
    while token is not None:
        if token in seen:
            raise bad_answer(provider, f"its pages go in a circle after {len(seen)}")
        if len(seen) >= max_pages:
            raise bad_answer(provider, f"it has more than {max_pages} pages; ask for less time")
        seen.add(token)
        page, token = await load(token)
        yield page
