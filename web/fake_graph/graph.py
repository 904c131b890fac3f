"""The strict local stand-in for Meta's Graph API: what it accepts, refuses, reports and remembers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from web.fake_graph import webhooks
from web.fake_graph.bodies import MediaLibrary, Shelf, validate_message, validate_read_mark
from web.fake_graph.chats import ChatMessage
from web.fake_graph.clock import TravelClock
from web.fake_graph.delivery import RETRY_DELAYS_S, Posting, WebhookPoster
from web.fake_graph.errors import GraphError
from web.fake_graph.faults import DOWNLOAD_KINDS, MEDIA_KINDS, SEND_KINDS, Fault, FaultPlan
from web.fake_graph.history import History
from web.fake_graph.inbound import Phones
from web.fake_graph.limits import ConversationLimits
from web.fake_graph.media import LineMedia, Media, MediaStore, unknown_object
from web.fake_graph.people import DEFAULT_LINE, Person, PhoneLine, is_argentine_with_nine
from web.fake_graph.records import Answer, ReadMark, RefusedCall, SentMessage
from web.fake_graph.roster import Roster
from web.fake_graph.templates import TemplateStore

#: How long the typing indicator stays without an answer (Cloud API: 25 seconds).
TYPING_SECONDS = 25


@dataclass(frozen=True)
class Behaviour:
    """How strict and how lively the stand-in is."""

    enforce_window: bool = True
    enforce_rates: bool = True
    read_automatically: bool = False  #: every message is read at once; else when its chat is opened
    delivered_after_s: float = 0.05
    retry_delays_s: Sequence[float] = RETRY_DELAYS_S
    fault_seed: int = 0


class FakeGraph(History, Phones):
    """One WhatsApp Business account with its numbers, and the phones of the people who write to it.

    Everything is in memory and safe to use from several threads. `start` begins posting webhooks.
    """

    def __init__(
        self,
        webhook_url: str,
        app_secret: str,
        access_token: str,
        *,
        phone_numbers: Iterable[PhoneLine] = (DEFAULT_LINE,),
        persons: Iterable[Person] = (),
        waba_id: str = "100000000000000",
        clock: TravelClock | None = None,
        behaviour: Behaviour = Behaviour(),
    ) -> None:
        super().__init__()
        self.access_token = access_token
        self.waba_id = waba_id
        self.clock = clock or TravelClock()
        self.behaviour = behaviour
        self.roster = Roster(phone_numbers, persons)
        self.media = MediaStore()
        self.templates = TemplateStore()
        self.faults = FaultPlan(behaviour.fault_seed)
        self.limits = ConversationLimits(window=behaviour.enforce_window, rates=behaviour.enforce_rates)
        self.poster = WebhookPoster(
            webhook_url, app_secret, retry_delays_s=behaviour.retry_delays_s, on_change=self._posting_changed
        )
        self._wamids: dict[str, tuple[str, str]] = {}  #: every known message: (phone_number_id, person)

    # -- life -------------------------------------------------------------------------------------------

    def start(self) -> FakeGraph:
        """Begin posting webhooks."""
        self.poster.start()
        return self

    def stop(self) -> None:
        """Stop posting webhooks."""
        self.poster.stop()

    def reset(self) -> None:
        """Empty chats, media, faults and logs; people, lines, templates and the clock stay."""
        with self._lock:
            self._wamids.clear()
        self.forget()
        self.faults.clear()
        self.limits.clear()
        self.media.clear()
        self.chats.clear()

    def restore(self, messages: list[ChatMessage], sent: list[SentMessage]) -> None:
        """Put back the chats of an earlier process; webhooks that it had not delivered are gone."""
        self.chats.restore(messages)
        with self._lock:
            self._sent = list(sent)
            self._wamids = {item.wamid: (item.line, item.person) for item in messages}
        for message in messages:
            if message.mine and message.status == "pending":
                self.chats.raise_status(message.wamid, "failed", "el simulador se reinició")

    def _strike(self, kinds: frozenset[str], person: str) -> Fault | None:
        fault = self.faults.strike(kinds, person)
        if fault is not None:
            self.chats.tell("faults", {})
        return fault

    # -- calls of the business --------------------------------------------------------------------------

    def post_message(self, phone_number_id: str, body: Any) -> Answer:
        """`POST /<phone_number_id>/messages`: a message, or a read mark. Raises `GraphError`."""
        line = self.roster.line(phone_number_id)
        if line is None:
            raise unknown_object(phone_number_id)
        if isinstance(body, dict) and "status" in body:
            return self._mark_read(phone_number_id, body)
        try:
            return self._send(line, body)
        except GraphError as exc:
            refusal = RefusedCall(self.clock.now(), phone_number_id, body, exc.code, exc.details)
            with self._lock:
                self._refused.append(refusal)
            self.chats.tell("refused", {"code": exc.code, "details": exc.details})
            raise

    def _shelf(self, phone_number_id: str) -> Shelf:
        media: MediaLibrary = LineMedia(self.media, phone_number_id, self.clock.now())
        return Shelf(media, self.templates, self._wamids)

    # -- files ------------------------------------------------------------------------------------------

    def check_media_call(self) -> int | None:
        """What is ordered for an upload or lookup: raises `GraphError`, or returns a bare HTTP status."""
        fault = self._strike(MEDIA_KINDS, "")
        if fault is not None and fault.kind == "media_error":
            raise GraphError(fault.code, "Failure on order.")
        return fault.code if fault is not None else None

    def download(self, media_id: str, token: str) -> tuple[int, Media | None, bytes]:
        """The answer behind a download address: HTTP status, the file, its bytes (damaged where that is ordered)."""
        fault = self._strike(DOWNLOAD_KINDS, "")
        if fault is not None and fault.kind == "media_http":
            return fault.code, None, b""
        media = self.media.by_url(media_id, token, self.clock.now())
        if media is None:
            return 404, None, b""
        return 200, media, media.data[:-1] if fault is not None else media.data

    def _send(self, line: PhoneLine, body: Any) -> Answer:
        validate_message(body, self._shelf(line.phone_number_id))
        now = self.clock.now()
        if line.allow_list and body.get("to") and is_argentine_with_nine(body["to"]):
            raise GraphError(131030)
        person = self._addressee(body)
        fault = self._strike(SEND_KINDS, person.key)
        if fault is not None and fault.kind == "error":
            raise GraphError(fault.code, "Failure on order.")
        if fault is not None and fault.kind == "http":
            return Answer(None, status=fault.code, person=person.key)
        pair = (line.phone_number_id, person.key)
        if body.get("type") != "template":
            self.limits.check_window(pair, now)
        self.limits.spend(pair, now)
        sent = self._accept(line, person, body, now)
        self._report(line, person, sent, fault)
        given = body.get("to") or body.get("recipient")
        contact = {"input": given} | (
            {"wa_id": person.wa_id} if person.wa_id else {"user_id": person.user_id}
        )
        answer: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": sent.wamid}],
        }
        if sent.type == "template":
            answer["messages"][0]["message_status"] = "accepted"
        late = fault is not None and fault.kind in ("delay", "accept_then_timeout")
        return Answer(
            answer,
            delay_s=fault.seconds if fault is not None and late else 0.0,
            cut=fault is not None and fault.kind == "accept_then_timeout",
            person=person.key,
            wamid=sent.wamid,
        )

    def _addressee(self, body: Mapping[str, Any]) -> Person:
        if body.get("to"):
            return self.roster.by_number(body["to"], on_new=self._tell_person)
        person = self.roster.person(body["recipient"])
        if person is None:
            raise GraphError(131062)
        return person

    def _accept(self, line: PhoneLine, person: Person, body: dict[str, Any], now: datetime) -> SentMessage:
        body = json.loads(json.dumps(body))  # the caller's dict may change later
        rendered = self.templates.render(body["template"]) if body.get("type") == "template" else {}
        wamid = webhooks.new_wamid(person.key)
        sent = SentMessage(now, line.phone_number_id, wamid, person.key, body, rendered)
        with self._lock:
            self._sent.append(sent)
            self._wamids[wamid] = (line.phone_number_id, person.key)
        if sent.type == "reaction":
            self.chats.react(body["reaction"]["message_id"], "business", body["reaction"]["emoji"])
            return sent
        content = rendered or body[sent.type]
        self.chats.add(
            ChatMessage(
                wamid=wamid,
                line=line.phone_number_id,
                person=person.key,
                mine=False,
                at=now.isoformat(),
                type=sent.type,
                content=content if isinstance(content, dict) else {"items": content},
                status="accepted",
                reply_to=body.get("context", {}).get("message_id", ""),
            )
        )
        return sent

    def _report(self, line: PhoneLine, person: Person, sent: SentMessage, fault: Fault | None) -> None:
        """Send the status webhooks of an accepted message, and move its ticks."""
        if fault is not None and fault.kind == "drop_statuses":
            return
        if fault is not None and fault.kind == "failed_status":
            error = GraphError(fault.code, "Failure on order.")
            self.chats.raise_status(sent.wamid, "failed", f"{error.code}: {error.details}")
            self._post_status(line, person, sent, "failed", error=error.as_status_error())
            return
        steps = ["sent", "delivered"] + (["read"] if self.behaviour.read_automatically else [])
        for step, status in enumerate(steps):
            self.chats.raise_status(sent.wamid, status)
            self._post_status(line, person, sent, status, delay_s=step * self.behaviour.delivered_after_s)

    def _post_status(
        self,
        line: PhoneLine,
        person: Person,
        sent: SentMessage,
        status: str,
        *,
        delay_s: float = 0.0,
        error: Mapping[str, Any] | None = None,
    ) -> None:
        value = webhooks.status_value(
            person,
            wamid=sent.wamid,
            status=status,
            at=self.clock.now(),
            category=str(sent.rendered.get("category", "service")).lower(),
            callback_data=sent.body.get("biz_opaque_callback_data"),
            error=error,
        )
        raw = webhooks.encode(webhooks.wrap(line, self.waba_id, value))
        self._post(Posting(raw, _lane(line, person), sent.wamid, f"status {status}"), delay_s, person.key)

    def _mark_read(self, phone_number_id: str, body: dict[str, Any]) -> Answer:
        validate_read_mark(body, self._shelf(phone_number_id))
        wamid = body["message_id"]
        with self._lock:
            person = self._wamids[wamid][1]
            typing = "typing_indicator" in body
            self._read_marks.append(ReadMark(self.clock.now(), phone_number_id, wamid, typing))
        for message in self.chats.of(phone_number_id, person):
            if message.mine:
                self.chats.raise_status(message.wamid, "read")
            if message.wamid == wamid:
                break
        if typing:
            told = {"line": phone_number_id, "person": person, "seconds": TYPING_SECONDS}
            self.chats.tell("typing", told)
        return Answer({"success": True}, person=person, wamid=wamid)

    # -- what people do ---------------------------------------------------------------------------------

    def line_id(self, phone_number_id: str | None) -> str:
        """The line meant; the first one when None. Raises LookupError for one that does not exist."""
        return self.roster.require_line(phone_number_id).phone_number_id

    def add_person(self, person: Person) -> Person:
        """One more phone, or a changed one."""
        self.roster.put(person)
        self._tell_person(person)
        return person

    def deliver_message(
        self,
        from_wa_id: str,
        name: str,
        part: Mapping[str, Any],
        phone_number_id: str | None = None,
        *,
        wamid: str | None = None,
        sent_at: datetime | None = None,
        context: str = "",
        copies: int = 1,
        signature: str = "",
    ) -> str:
        """See `Phones.deliver_message`."""
        line = self.roster.require_line(phone_number_id)
        person = self.roster.writer(from_wa_id, name, on_new=self._tell_person)
        now = self.clock.now()
        sent_at = sent_at or now
        wamid = wamid or webhooks.new_wamid(person.key)
        item = webhooks.message(
            person, part, wamid=wamid, sent_at=sent_at, context=self._context(line, context)
        )
        raw = webhooks.encode(webhooks.wrap(line, self.waba_id, webhooks.inbound_value(person, [item])))
        self.limits.heard_from((line.phone_number_id, person.key), sent_at, now)
        with self._lock:
            self._wamids[wamid] = (line.phone_number_id, person.key)
        self._show(line, person, wamid, sent_at, part, context)
        for _ in range(copies):
            self._post(Posting(raw, _lane(line, person), wamid, "message", signature), 0.0, person.key)
        return wamid

    def _context(self, line: PhoneLine, wamid: str) -> dict[str, str] | None:
        """`context` names who wrote the message that is answered: the business, or the person themselves."""
        if not wamid:
            return None
        answered = self.chats.get(wamid)
        author = answered.person if answered and answered.mine else line.display_number
        return {"from": "".join(filter(str.isdigit, author)), "id": wamid}

    def _show(
        self,
        line: PhoneLine,
        person: Person,
        wamid: str,
        sent_at: datetime,
        part: Mapping[str, Any],
        reply_to: str,
    ) -> None:
        kind = str(part["type"])
        if kind == "reaction":
            self.chats.react(part["reaction"]["message_id"], "person", part["reaction"].get("emoji", ""))
            return
        content = part.get(kind, {})
        self.chats.add(
            ChatMessage(
                wamid=wamid,
                line=line.phone_number_id,
                person=person.key,
                mine=True,
                at=sent_at.isoformat(),
                type=kind,
                content=dict(content) if isinstance(content, Mapping) else {"items": content},
                status="pending",
                reply_to=reply_to,
            )
        )

    def deliver_raw(self, body: Mapping[str, Any] | bytes, *, signature: str = "") -> Posting:
        """Post any webhook body; wait for its `done` to know how it ended."""
        raw = body if isinstance(body, bytes) else webhooks.encode(body)
        return self._post(Posting(raw, "raw", "", "raw", signature), 0.0, "")

    def redeliver(self, wamid: str) -> bool:
        """Post the webhook of a person's message once more, byte for byte; False when it is unknown."""
        originals = [item for item in self.postings(wamid) if item.what == "message"]
        if not originals:
            return False
        self.chats.retry(wamid)
        first = originals[0]
        self._post(Posting(first.raw, first.lane, wamid, "message"), 0.0, "")
        return True

    def open_chat(self, phone_number_id: str, person: str) -> int:
        """The person looks at a chat: its messages become read. Returns how many."""
        line, reader = self.roster.require_line(phone_number_id), self.roster.person(person)
        if reader is None:
            return 0
        unread = [
            item
            for item in self.sent_to(person)
            if item.phone_number_id == phone_number_id and self.chats.raise_status(item.wamid, "read")
        ]
        for item in unread:
            self._post_status(line, reader, item, "read", delay_s=2 * self.behaviour.delivered_after_s)
        return len(unread)

    def close_window(self, phone_number_id: str, person: str) -> None:
        """Put this conversation outside the 24-hour window."""
        self.limits.close_window((phone_number_id, person), self.clock.now())
        self.chats.tell("window", {"line": phone_number_id, "person": person})

    # -- inside -----------------------------------------------------------------------------------------

    def _post(self, posting: Posting, delay_s: float, person: str) -> Posting:
        suffix = "" if posting.what == "message" else "_status"
        twice = self._strike(frozenset({f"duplicate{suffix}"}), person)
        held = self._strike(frozenset({f"reorder{suffix}"}), person)
        if held is not None:
            delay_s += held.seconds
        with self._lock:
            self._postings.append(posting)
        self.poster.put(posting, delay_s=delay_s)
        if twice is not None:
            copy = replace(posting, attempts=[], done=threading.Event())
            with self._lock:
                self._postings.append(copy)
            self.poster.put(copy, delay_s=delay_s)
        return posting

    def _posting_changed(self, posting: Posting) -> None:
        if posting.what == "message" and posting.about:
            if posting.state == "acknowledged":
                self.chats.raise_status(posting.about, "delivered")
            elif posting.state == "abandoned":
                last = posting.attempts[-1]
                self.chats.raise_status(posting.about, "failed", last.error or f"HTTP {last.status}")
        last = posting.attempts[-1]
        self.chats.tell(
            "webhook",
            {
                "about": posting.about,
                "what": posting.what,
                "state": posting.state,
                "tries": len(posting.attempts),
                "status": last.status,
                "error": last.error,
                "elapsed_ms": round(last.elapsed_ms, 1),
            },
        )

    def _tell_person(self, person: Person) -> None:
        self.chats.tell("person", {"key": person.key})


def _lane(line: PhoneLine, person: Person) -> str:
    return f"{line.phone_number_id}/{person.key}"
