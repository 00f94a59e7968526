"""Lists that come in pages, as one run of items."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

Item = TypeVar("Item")
Page = TypeVar("Page")


async def all_items(
    read_page: Callable[[str], Awaitable[Page]], items_of: Callable[[Page], tuple[Iterable[Item], str]]
) -> AsyncGenerator[Item]:
    """Every item of every page. ``read_page`` gets a token, ``items_of`` gives items and the next token of a page.

    A page is read when its first item is asked for, so that who stops early asks for no more than he needs.
    """
    token = ""
    while True:
        items, token = items_of(await read_page(token))
        for item in items:
            yield item
        if not token:
            return
