from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.console import Step, check_step, console_steps

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """
```console
$ printf 'one\\n127.0.0.1:7\\nthree four\\n'
one
...
three...
$ true
```
"""


def test_commands_and_their_lines_are_read_and_run(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    first, second = console_steps(page)
    assert first.shown == ("one", "...", "three...")
    assert second == Step("true", ())
    check_step(first, tmp_path, {})
    check_step(Step("echo 127.0.0.1:50050", ("127.0.0.1:50050",)), tmp_path, {"127.0.0.1:50050": "127.0.0.1:7"})


@pytest.mark.parametrize("shown", [("two",), ("three four", "one"), ("three",), ("one", "one")])
def test_a_line_that_does_not_come_or_comes_too_early_is_told(tmp_path: Path, shown: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError, match="shows no line"):
        check_step(Step("printf 'one\\nthree four\\n'", shown), tmp_path, {})
