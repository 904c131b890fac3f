"""Laura's clients with their debts, files that they send, and what a form does from the first message to the end."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from actions.forms import OperationForm
from tests.integration.actions.conftest import Chat, Heard
from vallebot.db.tables import Cargo
from vallebot.gateways.media_store import MediaStore
from vallebot.gateways.whatsapp import option_ids
from vallebot.services import inbox
from vallebot.services.payment_errors import AttachmentGone
from vallebot.services.proofs import ProofTools

PDF = b"%PDF-1.4 "
PHOTO = b"\xff\xd8\xff\xe0 "
_numbers = itertools.count(1)


class Files:
    """WhatsApp's files by id: what is not here is gone."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}

    def fetch(self, media_id: str, *, max_bytes: int) -> bytes:
        if media_id not in self.data:
            raise AttachmentGone()
        return self.data[media_id]


class Reader:
    """Reads PDFs, as the gateway does without OCR; their text stands behind their first bytes."""

    def text_of(self, data: bytes, media_type: str) -> str | None:
        return data.removeprefix(PDF).decode() or None if data.startswith(PDF) else None


@pytest.fixture
def files(runtime, tmp_path) -> Files:
    found = Files()
    runtime.media_source = found
    runtime.proof_tools = ProofTools(MediaStore(tmp_path / "media"), Reader())
    return found


@pytest.fixture
def send_file(sessions, files, now):
    """`send_file(chat, b"…", "pagué")`: store a message with that file; returns its id."""

    def store(chat: Chat, data: bytes | None, caption: str | None = None) -> int:
        media_id = f"media-{next(_numbers)}"
        if data is not None:
            files.data[media_id] = data
        payload = {"message": {"document": {"id": media_id}}, "media_id": media_id}
        came = inbox.Incoming(f"wamid.{media_id}", "document", payload, caption, now)
        with sessions.begin() as session:
            inbox.store(session, chat.actor.conversacion_id, came, now=now)
        with sessions() as session:
            return session.execute(text("SELECT max(id) FROM messages WHERE direction = 'in'")).scalar_one()

    return store


@pytest.fixture
def owe(save, sessions, make_relacion):
    """`owe(cliente, servicio, 1000, due_at)`: a pending charge; returns its id."""

    def make(cliente, servicio, amount: int, due_at: datetime, **over: Any) -> int:
        values = {"profesional_id": servicio.profesional_id, "cliente_id": cliente.id}
        with sessions() as session:
            query = (
                "SELECT 1 FROM relaciones WHERE profesional_id = :profesional_id AND cliente_id = :cliente_id"
            )
            known = session.execute(text(query), values).first()
        if known is None:
            make_relacion(_Id(servicio.profesional_id), cliente)
        month = date(2025, 1 + next(_numbers) % 12, 1) if "booking_id" not in over else None
        row = {
            **values,
            "servicio_id": servicio.id,
            "concept": servicio.name,
            "amount_minor": amount,
            "currency": "ARS",
            "due_at": due_at,
            "month": month,
        }
        return save(Cargo(**{**row, **over})).id

    return make


class _Id:
    def __init__(self, number: int) -> None:
        self.id = number


@pytest.fixture
def session_debt(make_booking, owe):
    """`session_debt(cliente, servicio, 1000, starts_at)`: the charge of a session at that time."""

    def make(cliente, servicio, amount: int, starts_at: datetime) -> int:
        booking = make_booking(servicio, starts_at, cliente)
        return owe(cliente, servicio, amount, starts_at, booking_id=booking.id, month=None)

    return make


@pytest.fixture
def talk() -> Callable[..., Heard]:
    """`talk(chat, form, action, asks, said…)`: a message to a form; when all is known its action has run."""

    def say(
        chat: Chat,
        form: type[OperationForm],
        action: Any,
        asks: dict[str, Any],
        said: str = "",
        intent: str = "informar",
        **how: Any,
    ) -> Heard:
        heard = chat.run(form(), said, intent, **how)
        question = heard.slots.get("requested_slot")
        assert heard.events, f"{said!r} was not for the form"
        chat.form = form.form if question else None
        if question is None:
            heard = chat.run(action(), said, intent, **how)
            chat.slots["requested_slot"] = None
        else:
            heard = chat.run(asks[question](), said, intent, **how)
        for response in heard.responses:
            for button in response["buttons"]:
                option_ids.encode(
                    button["payload"], chat.sender_id, secret="s", now=chat.now
                )  # is short enough
        return heard

    return say


@pytest.fixture
def rows(sessions):
    def fetch(query: str, **values: Any) -> list[tuple]:
        with sessions() as session:
            return [tuple(row) for row in session.execute(text(query), values)]

    return fetch


@pytest.fixture
def told(rows):
    """Everything that was said to anybody, in order."""
    return lambda: [row[0] for row in rows("SELECT text FROM messages WHERE direction = 'out' ORDER BY id")]
