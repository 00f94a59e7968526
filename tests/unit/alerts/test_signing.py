from __future__ import annotations

import pytest

from services.alerts.signing import secret_bytes, signed_headers
from tests.support.alerts import NEW_SECRET, SECRET


def test_the_signature_is_the_one_of_the_specification() -> None:
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [secret_bytes(SECRET)]
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_every_key_signs() -> None:
    keys = [secret_bytes(NEW_SECRET), secret_bytes(SECRET)]
    both = signed_headers("id", 5, b"body", keys)["webhook-signature"].split()
    single = [signed_headers("id", 5, b"body", [key])["webhook-signature"] for key in keys]
    assert both == single
    assert len(set(both)) == 2


@pytest.mark.parametrize("text", ["", "hidden", "whsec_", "whsec_%%%", "whsec_c2hvcnQ=", "whsec_" + "A" * 100])
def test_what_is_no_secret_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no webhook secret|has \d+ bytes") as caught:
        secret_bytes(text)
    assert text in {"", "whsec_"} or text not in str(caught.value)
