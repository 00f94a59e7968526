"""Alerts by e-mail, through Apprise and a real mail server on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.alerts.apprise_channel import AppriseChannel
from services.alerts.channels import Delivered, Failed
from services.alerts.message import Alert
from tests.support.smtp_sink import mail_sink
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from tests.support.smtp_sink import MailSink

ALERT = Alert(
    "a1", "mail", "signal_generated", "ACME 1d trade signal", "ACME 1d: SPRING long, entry 10.25 <b>", b"{}", 0
)


def mail_channel(sink: MailSink) -> AppriseChannel:
    return AppriseChannel("mail", address(sink), timeout_s=20)


def address(sink: MailSink) -> str:
    return f"mailto://127.0.0.1:{sink.port}/?from=wyckoff@example.org&to=desk@example.org&mode=insecure"


async def test_an_alert_arrives_as_mail_with_subject_and_text() -> None:
    async with mail_sink() as sink:
        channel = mail_channel(sink)
        assert await channel.send(ALERT, 0) == Delivered()
        await channel.close()
    (mail,) = sink.mails
    assert mail["subject"] == ALERT.title
    assert mail["to"] == "desk@example.org"
    body = mail.get_body(("plain", "html"))
    assert body is not None
    assert "ACME 1d: SPRING long, entry 10.25" in body.get_content()


async def test_a_server_that_refuses_or_is_away_is_a_failure_that_shows_no_address() -> None:
    async with mail_sink() as sink:
        sink.refusals = 1
        # Apprise leaves seconds between two messages of one channel
        assert await mail_channel(sink).send(ALERT, 0) == Failed("Apprise says FAILURE")
        assert await mail_channel(sink).send(ALERT, 0) == Delivered()
    assert await mail_channel(sink).send(ALERT, 0) == Failed("Apprise says FAILURE")


def test_what_apprise_does_not_know_is_refused_without_showing_it() -> None:
    with pytest.raises(InvalidArgumentError, match=r"alerts\.targets.mail.apprise") as caught:
        AppriseChannel("mail", "nosuch://hidden@host", timeout_s=1)
    assert "hidden" not in str(caught.value)
