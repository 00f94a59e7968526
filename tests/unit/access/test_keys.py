"""The file of API keys."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from wyckoff.access.keys import KeyFile, Scope, find_key
from wyckoff.rpc.errors import AlreadyExistsError, FailedPreconditionError, InvalidArgumentError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def _file(folder: Path) -> KeyFile:
    return KeyFile(folder / "gateway" / "keys.json", lambda: NOW)


def test_a_key_is_kept_as_a_digest_that_only_the_owner_reads(tmp_path: Path) -> None:
    file = _file(tmp_path)
    key, text = file.add("charts", [Scope.READ])
    assert len(text) >= 47
    content = file.path.read_text()
    assert text not in content
    assert text.removeprefix("wyk_") not in content
    assert json.loads(content)["keys"][0]["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert sorted(path.name for path in file.path.parent.iterdir()) == ["keys.json", "keys.lock"]

    assert file.read() == (key,)
    assert (key.name, key.scopes, key.created, key.revoked) == ("charts", frozenset({Scope.READ}), NOW, None)
    assert find_key(file.read(), text) == key
    assert find_key(file.read(), text[:-1]) is None
    assert find_key(file.read(), "\ud800") is None


def test_a_revoked_key_is_found_no_more_and_its_name_is_free(tmp_path: Path) -> None:
    file = _file(tmp_path)
    _, first = file.add("feed", [Scope.WRITE])
    revoked = file.revoke("feed")
    assert revoked.revoked == NOW
    assert find_key(file.read(), first) is None
    with pytest.raises(NotFoundError, match="no valid key 'feed'"):
        file.revoke("feed")

    second, text = file.add("feed", [Scope.READ, Scope.WRITE])
    assert find_key(file.read(), text) == second
    assert file.revoke(second.key_id).key_id == second.key_id
    assert len(file.read()) == 2


@pytest.mark.parametrize("name", ["", " x", "x" * 65, "a\nb", "../x", "ключ"])
def test_a_wrong_name(tmp_path: Path, name: str) -> None:
    file = _file(tmp_path)
    with pytest.raises(InvalidArgumentError) as caught:
        file.add(name, [Scope.READ])
    assert [item.field for item in caught.value.violations] == ["name"]
    assert file.read() == ()


def test_a_name_belongs_to_one_key(tmp_path: Path) -> None:
    file = _file(tmp_path)
    file.add("charts", [Scope.READ])
    with pytest.raises(AlreadyExistsError):
        file.add("charts", [Scope.READ])
    with pytest.raises(InvalidArgumentError, match="scope"):
        file.add("other", [])


@pytest.mark.parametrize(
    "content", ["", "{", '{"keys": [{}]}', '{"version": 2}', '{"other": 1}', '{"keys": "none"}', "[]", "\0"]
)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, content: str) -> None:
    file = _file(tmp_path)
    file.path.parent.mkdir()
    file.path.write_text(content)
    file.path.chmod(0o600)
    with pytest.raises(FailedPreconditionError, match=r"keys\.json is damaged"):
        file.read()
    with pytest.raises(FailedPreconditionError):
        file.add("charts", [Scope.READ])
    assert file.path.read_text() == content


def test_a_file_that_others_may_write_is_not_trusted(tmp_path: Path) -> None:
    file = _file(tmp_path)
    file.add("charts", [Scope.READ])
    file.path.chmod(0o620)
    with pytest.raises(FailedPreconditionError, match="chmod 600"):
        file.read()


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "gateway" / "keys.json").mkdir(parents=True)
    with pytest.raises(FailedPreconditionError, match="cannot be read"):
        _file(tmp_path).read()


def test_changes_at_once_are_all_there(tmp_path: Path) -> None:
    file = _file(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: file.add(f"key {number}", [Scope.READ]), range(20)))
    assert {key.name for key in file.read()} == {f"key {number}" for number in range(20)}


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    earlier = os.umask(0)
    try:
        file = _file(tmp_path)
        file.add("charts", [Scope.READ])
    finally:
        os.umask(earlier)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert file.read()
