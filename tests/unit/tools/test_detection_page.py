"""docs/detection.md names settings and pictures that are there, with the values that hold."""

from __future__ import annotations

import re

import pytest

from tools.detection_page import PAGE, SETTINGS, default, filled, named_settings, table, with_defaults
from tools.detection_pictures import IMAGES
from tools.detection_scenes import PICTURES

TEXT = PAGE.read_text(encoding="utf-8")


def test_every_setting_on_the_page_exists_and_has_the_value_that_the_page_gives() -> None:
    named = named_settings(TEXT)
    assert {name.split("_")[0] for name in named} == set(SETTINGS)
    values = {name: default(*name.split("_", 1)) for name in named}
    assert named == values, "run python -m tools.detection_figures"


def test_every_picture_on_the_page_exists_and_none_is_left_over() -> None:
    linked = set(re.findall(r"\]\(images/detection/([\w-]+)\.png\)", TEXT))
    assert linked == {picture.name for picture in PICTURES}
    assert linked == {path.stem for path in IMAGES.iterdir()}
    assert sum(path.stat().st_size for path in IMAGES.iterdir()) < 1_000_000


def test_no_picture_shows_bars_that_are_kept_to_judge_with() -> None:
    assert all(picture.first < picture.last < "2010-08" for picture in PICTURES)


def test_every_link_on_the_page_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in re.findall(r"^#+ (.*)", TEXT, re.M)
    }
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        path, _, anchor = target.partition("#")
        assert not path or (PAGE.parent / path).is_file(), target
        assert not anchor or path or anchor in headings, target


def test_values_beside_settings_follow_the_code_and_the_rest_of_the_text_stays() -> None:
    text = "| decline, units | `RANGE_MIN_TREND_UNITS` | 99 |\n`PHASE_SPRING_DEPTH` in a sentence | 99 |"
    now = default("RANGE", "MIN_TREND_UNITS")
    again = with_defaults(text)
    assert again == text.replace("UNITS` | 99 |", f"UNITS` | {now} |")
    assert with_defaults(again) == again


def test_a_name_that_is_no_setting_is_refused() -> None:
    with pytest.raises(KeyError, match="RANGE_NO_SUCH_THING is no setting of the range stage"):
        named_settings("`RANGE_NO_SUCH_THING`")


def test_a_block_replaces_what_stood_between_its_markers() -> None:
    page = "head\n<!-- a -->\nold\n<!-- /a -->\ntail"
    assert filled(page, "a", "new") == "head\n<!-- a -->\n\nnew\n\n<!-- /a -->\ntail"
    assert filled(filled(page, "a", "new"), "a", "newer") == filled(page, "a", "newer")
    with pytest.raises(ValueError, match="no place for 'b'"):
        filled(page, "b", "new")


def test_a_table_has_a_rule_below_its_headings() -> None:
    assert table(("name", "count"), [("SC", "3")]) == "| name | count |\n| --- | ---: |\n| SC | 3 |"
