"""What holds for every test: log lines of ordinary work stay out of the captured output, and databases are chosen.

Tests with the fixture ``each_database`` run on every kind that ``--database`` names; the others on SQLite, unless it
names PostgreSQL only.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final

import pytest
import structlog

from tests.support import databases, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

MEMORY: Final = "memory"
_BOTH: Final = "both"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=(*databases.KINDS, _BOTH),
        default=os.environ.get("WYCKOFF_TEST_DATABASE", _BOTH),
        help="what tests keep data in: sqlite, postgresql (a server is started), or both where a test is about it",
    )


def pytest_configure(config: pytest.Config) -> None:
    asked = config.getoption("--database")
    if asked not in (*databases.KINDS, _BOTH):
        raise pytest.UsageError(f"WYCKOFF_TEST_DATABASE is {asked!r}; sqlite, postgresql or both is right")
    if asked == databases.POSTGRESQL:
        if postgres.PROGRAMS is None:
            raise pytest.UsageError("--database=postgresql needs PostgreSQL's server: on Debian the package postgresql")
        databases.use_for_all(databases.POSTGRESQL)


def pytest_unconfigure(config: pytest.Config) -> None:
    databases.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    asked = metafunc.config.getoption("--database")
    kinds = databases.KINDS if asked == _BOTH else (asked,)
    if "each_database" in metafunc.fixturenames:
        metafunc.parametrize("each_database", kinds, indirect=True)
    if "each_store" in metafunc.fixturenames:
        metafunc.parametrize("each_store", (MEMORY, *kinds), indirect=True)


@pytest.fixture
def each_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The kind of database of this test: sqlite or postgresql."""
    yield from _using(request.param)


@pytest.fixture
def each_store(request: pytest.FixtureRequest) -> Iterator[str]:
    """The same for what may also be kept in memory: memory, sqlite or postgresql."""
    if request.param == MEMORY:
        yield MEMORY
    else:
        yield from _using(request.param)


def _using(kind: str) -> Iterator[str]:
    if kind == databases.POSTGRESQL and postgres.PROGRAMS is None:
        pytest.skip("PostgreSQL's server is not installed")
    with databases.using(kind):
        yield kind
