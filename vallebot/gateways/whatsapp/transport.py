"""The sender's way out: a queued bubble becomes Graph API calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from vallebot.gateways.whatsapp import option_ids
from vallebot.gateways.whatsapp.bodies import bodies_of, template_body
from vallebot.gateways.whatsapp.client import GraphApi
from vallebot.gateways.whatsapp.errors import (
    GraphApiError,
    NotReached,
    Remedy,
    line_stop_seconds,
    retry_seconds,
)
from vallebot.gateways.whatsapp.errors import OutcomeUnknown as CallBrokeOff
from vallebot.gateways.whatsapp.media import Files, uploaded
from vallebot.services.delivery import OutboxItem
from vallebot.services.outbox import SEE_MORE, SEE_NOTICE, Bubble
from vallebot.services.sender import LineStopped, NotSent, OutcomeUnknown, Refused

DAY_SECONDS = 24 * 3600

#: Prefix of `biz_opaque_callback_data`: status webhooks echo it, so an unknown outcome can be settled.
OPAQUE_PREFIX = "vallebot:"


class WhatsAppTransport:
    """Sends bubbles through the Cloud API; translates its errors for the sender."""

    def __init__(
        self,
        api: GraphApi,
        *,
        secret: str,
        files: Files | None = None,
        strip_9: bool = False,
        first_line: str = "",
    ) -> None:
        self._api = api
        self._files = files
        self._secret = secret
        self._strip_9 = strip_9
        self._first_line = first_line

    def send(self, item: OutboxItem, bubble: Bubble, *, template: bool, now: datetime) -> str:
        """Send a bubble (all its parts that did not go before, in order); returns the wamid of the last part.

        Only the last part tells WhatsApp which row it belongs to: its statuses alone say what became of the row.
        """

        def make_id(payload: str) -> str:
            return option_ids.encode(payload, str(item.conversacion_id), secret=self._secret, now=now)

        if template and bubble.template is not None:
            see = f'{SEE_NOTICE}{{"message_id": {item.id}}}'
            bodies = [template_body(bubble.template, make_id(see))]
        else:
            more = f'{SEE_MORE}{{"message_id": {item.id}}}'
            bodies = bodies_of(bubble, make_id, self._upload(item, bubble), more)
        first = 0 if template else min(item.parts_sent, len(bodies) - 1)
        wamid = ""
        for number, body in enumerate(bodies[first:], start=first):
            own = (
                {"biz_opaque_callback_data": f"{OPAQUE_PREFIX}{item.id}"} if number == len(bodies) - 1 else {}
            )
            try:
                wamid = self._send_body(item, {**body, **own})
            except NotSent as exc:
                exc.parts_sent = number
                raise
        return wamid

    def _line(self, item: OutboxItem) -> str:
        # A conversation that we open on a shared line has no line of its own before the person's first message.
        line = item.phone_number_id or self._first_line
        if not line:
            raise Refused(
                -1, "no line to send on: set WHATSAPP_PHONE_NUMBER_IDS", wait_seconds=None, park=True
            )
        return line

    def _upload(self, item: OutboxItem, bubble: Bubble) -> dict[str, Any] | None:
        """The bubble's file, uploaded; nothing is sent by that, so whatever breaks off is simply done again."""
        if bubble.media is None or self._files is None:
            return None
        try:
            return uploaded(self._api, self._files, self._line(item), bubble.media)
        except GraphApiError as error:
            raise refusal_of(error, item) from error
        except (NotReached, CallBrokeOff) as error:
            wait = line_stop_seconds(item.line_stops + 1)
            raise LineStopped(-1, f"file not uploaded: {error}", wait_seconds=wait) from error

    def _send_body(self, item: OutboxItem, body: dict[str, Any]) -> str:
        line = self._line(item)
        forms = address_forms(item.address_kind, item.address, strip_9=self._strip_9)
        for is_last, address in zip([*[False] * (len(forms) - 1), True], forms, strict=True):
            message = {
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                **address,
                **body,
            }
            try:
                return self._api.send(line, message)
            except GraphApiError as error:
                if error.remedy is not Remedy.OTHER_NUMBER_FORM or is_last:
                    raise refusal_of(error, item) from error
            except NotReached as error:
                # An outage waits, however long: nothing was refused, and no message is at fault.
                wait = line_stop_seconds(item.line_stops + 1)
                raise LineStopped(-1, f"not reached: {error}", wait_seconds=wait) from error
            except CallBrokeOff as error:
                raise OutcomeUnknown(str(error)) from error
        raise AssertionError("an address has at least one form")


def address_forms(kind: str, value: str, *, strip_9: bool) -> list[dict[str, str]]:
    """Where to send: a BSUID as it is; an Argentine mobile in its two forms (549… and 54…), preferred first.

    Source: test numbers' allow-lists know Argentine mobiles without the 9 (error 131030).
    """
    if kind == "bsuid":
        return [{"recipient": value}]
    if value.startswith("549") and len(value) == 13:
        without = "54" + value[3:]
        return [{"to": form} for form in ((without, value) if strip_9 else (value, without))]
    return [{"to": value}]


def refusal_of(error: GraphApiError, item: OutboxItem) -> Exception:
    """The sender's view of a Graph API error: LineStopped or Refused."""
    if error.remedy is Remedy.STOP_LINE:
        return LineStopped(error.code, str(error), wait_seconds=line_stop_seconds(item.line_stops + 1))
    waits = {Remedy.RETRY: retry_seconds(error.code, item.tries), Remedy.RETRY_NEXT_DAY: DAY_SECONDS}
    park = error.remedy in (Remedy.BUG, Remedy.TEMPLATE_PAUSED, Remedy.TEMPLATE_ONLY)
    return Refused(error.code, str(error), wait_seconds=waits.get(error.remedy), park=park)
