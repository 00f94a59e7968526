"""Faults of a database as errors of the tree; text of the database itself only, never its URL, SQL or values."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import asyncpg  # type: ignore[import-untyped]
import stamina
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from wyckoff.rpc.errors import FailedPreconditionError, UnavailableError, WyckoffError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

P = ParamSpec("P")
T = TypeVar("T")

#: Serialization failure and deadlock: the transaction was given up in favour of another.
_CONFLICT: Final = ("40001", "40P01")
#: Waited for a lock as long as is allowed.
_LOCKED: Final = ("55P03",)
#: Ran as long as is allowed.
_SLOW: Final = ("57014",)
#: Connection lost, resources used up, server stopping or not up yet, its disk failing, standby, idle for too long.
_AWAY: Final = ("08", "53", "57P", "58", "25006", "25P03")
#: User or password refused, no such database, no permission.
_REFUSED: Final = ("28", "3D", "42501")
#: A table is missing, or what is stored is not what was stored.
_DAMAGED: Final = ("42P01", "XX001", "XX002")


class ConflictError(UnavailableError):
    """The transaction was given up in favour of another one; made again, it has a new chance."""

    default_reason = "DATABASE_CONFLICT"


@contextmanager
def told() -> Iterator[None]:
    """Faults that come from the database or the way to it are raised as errors of the tree; others stay what they are.

    Raises UnavailableError when the database cannot answer now, FailedPreconditionError when someone has to act first.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise UnavailableError("all database connections are in use", reason="DATABASE_BUSY") from error
    except DBAPIError as error:
        raise _of_wrapped(error) or error from error.orig
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _of_driver(error) or error from None
    except OSError as error:
        raise UnavailableError(f"the database does not answer: {_text(error)}", reason="DATABASE_UNAVAILABLE") from None


def repeated(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """``method``, which is one transaction and nothing else, made again when it was given up in favour of another."""

    @wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        attempts = stamina.retry_context(
            on=ConflictError, attempts=8, timeout=10.0, wait_initial=0.01, wait_max=0.5, wait_jitter=0.05
        )
        async for attempt in attempts:
            with attempt:
                return await method(*args, **kwargs)
        raise AssertionError("the last attempt either returns or raises")

    return call


def _of_wrapped(error: DBAPIError) -> WyckoffError | None:
    if getattr(error.orig, "sqlstate", None) is not None:
        return _of_driver(error.orig)
    if isinstance(error, (OperationalError, InterfaceError)):
        return UnavailableError(f"the database does not answer: {_text(error.orig)}", reason="DATABASE_UNAVAILABLE")
    # its subclasses are faults of this program
    if type(error) is DatabaseError:
        return FailedPreconditionError(f"the database cannot be read: {_text(error.orig)}", reason="DATABASE_DAMAGED")
    return None


def _of_driver(error: BaseException | None) -> WyckoffError | None:
    """The error of a PostgreSQL driver, by its state; None when it is a fault of this program."""
    state, text = getattr(error, "sqlstate", None) or "08000", _text(error)
    if state.startswith(_CONFLICT):
        return ConflictError(f"the database gave way to another transaction: {text}")
    if state.startswith(_LOCKED):
        return UnavailableError(f"the database is locked: {text}", reason="DATABASE_BUSY")
    if state.startswith(_SLOW):
        return UnavailableError(f"the database took too long: {text}", reason="DATABASE_SLOW")
    if state.startswith(_AWAY):
        return UnavailableError(f"the database does not answer: {text}", reason="DATABASE_UNAVAILABLE")
    if state.startswith(_REFUSED):
        return FailedPreconditionError(f"the database refuses: {text}", reason="DATABASE_REFUSED")
    if state.startswith(_DAMAGED):
        return FailedPreconditionError(f"the database cannot be read: {text}", reason="DATABASE_DAMAGED")
    return None


def _text(error: BaseException | None) -> str:
    """What the database says; errors of asyncio and the operating system may say nothing but their name."""
    return str(error) or type(error).__name__
