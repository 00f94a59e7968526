"""What a provider's answer means: its own words, and the error of this project for a status."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from wyckoff.rpc.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    ResourceExhaustedError,
    UnavailableError,
    WyckoffError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNAVAILABLE: Final = "PROVIDER_UNAVAILABLE"
BAD_ANSWER: Final = "PROVIDER_BAD_ANSWER"
LIMITED: Final = "PROVIDER_RATE_LIMIT"
TOO_LARGE: Final = "PROVIDER_ANSWER_TOO_LARGE"
REFUSED: Final = "PROVIDER_REFUSED"
KEY_REFUSED: Final = "PROVIDER_KEY_REFUSED"
KEY_MISSING: Final = "PROVIDER_KEY_MISSING"
SYMBOL_UNKNOWN: Final = "PROVIDER_SYMBOL_UNKNOWN"
#: Metadata of an error that says when to come back.
RETRY_AFTER_S: Final = "retry_after_s"

#: 418 is how Binance says that an address was shut out after too many 429.
LIMIT_STATUSES: Final = frozenset({418, 429})

_MAX_WORDS: Final = 240
_WORD_KEYS: Final = ("description", "message", "msg", "error", "detail")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


class Redactor:
    """Takes secrets out of text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        kept = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
        self._secrets = sorted(kept, key=len, reverse=True)

    def clean(self, text: str) -> str:
        """``text`` on one line, cut to a readable length, without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = _UNPRINTABLE.sub(" ", text).strip()
        return text if len(text) <= _MAX_WORDS else f"{text[:_MAX_WORDS]} ..."


def words_of(body: bytes) -> str:
    """What an answer says in words: the message of a JSON error, or the beginning of the text."""
    text = body[:4096].decode("utf-8", errors="replace")
    try:
        found = words_in(json.loads(body))
    except (ValueError, RecursionError):
        return re.sub(r"<[^>]*>", " ", text)
    return found or text


def words_in(value: Any, depth: int = 0) -> str:  # noqa: ANN401  # JSON
    """The message in the JSON of an error; empty when there is none."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict) or depth > 4:
        return ""
    for key in (*_WORD_KEYS, *value):
        if key in value and (key in _WORD_KEYS or isinstance(value[key], dict)):
            found = words_in(value[key], depth + 1)
            if found:
                return found
    return ""


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that ``Retry-After`` asks for, as a number or a date; None when it says nothing readable."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def error_of(provider: str, status: int, words: str, key_names: str, wait_s: float | None) -> WyckoffError:
    """The error for an HTTP status that is not a success; ``words`` are the provider's, cleaned."""
    said = f"{provider} answered {status}" + (f": {words}" if words else "")
    metadata = {"provider": provider, "status": str(status)}
    unavailable = status == 408 or status >= 500
    if wait_s is not None and (unavailable or status in LIMIT_STATUSES):
        metadata[RETRY_AFTER_S] = f"{wait_s:g}"
        said += f"; to be tried again after {wait_s:g} s"
    if unavailable:
        return UnavailableError(said, reason=UNAVAILABLE, metadata=metadata)
    if status in LIMIT_STATUSES:
        return ResourceExhaustedError(said, reason=LIMITED, metadata=metadata)
    if status in {401, 403}:
        remedy = f"check {key_names} and what the plan covers" if key_names else "the address may be shut out"
        return FailedPreconditionError(f"{said}; {remedy}", reason=KEY_REFUSED, metadata=metadata)
    if status == 404:
        return NotFoundError(f"{said}; check the symbol", reason=SYMBOL_UNKNOWN, metadata=metadata)
    return InvalidArgumentError([], message=said, reason=REFUSED, metadata=metadata)


def bad_answer(provider: str, problem: str) -> UnavailableError:
    """An answer that is not what the provider documents."""
    return UnavailableError(
        f"{provider} gave an answer that cannot be used: {problem}",
        reason=BAD_ANSWER,
        metadata={"provider": provider},
    )
