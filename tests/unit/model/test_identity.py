from __future__ import annotations

import uuid

from wyckoff.model.identity import NAMESPACE, content_id
from wyckoff.model.kinds import Scale


def test_an_id_is_the_uuid_of_its_parts() -> None:
    for number in range(100):
        parts = ("range", Scale.MINOR, "Börse", number)
        name = f"range|{Scale.MINOR}|Börse|{number}"
        assert content_id(*parts) == str(uuid.uuid5(NAMESPACE, name))
