"""Export and erasure: everything about a person, and nothing of them left."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from vallebot.db.tables import (
    Bloqueo,
    Espera,
    InterpretationOutcome,
    InterpretedAction,
    Message,
)
from vallebot.domain.text import fold
from vallebot.errors import InvalidError, NotAllowedError, NotFoundError
from vallebot.gateways.media_store import MediaStore
from vallebot.services import bookings, cancellations, personal_data
from vallebot.services.actor import Actor, system_actor
from vallebot.services.bookings import BookRequest
from vallebot.services.notices import tell_cliente
from vallebot.services.outbox import Bubble
from vallebot.services.payments import News
from vallebot.services.personal_data import LiveBookings, OwnsBusiness
from vallebot.services.proofs import ProofTools, inform_with_proof

NAME = "Zulema Quintanilla"
PHONE = "+5491155587654"
EMAIL = "zulema.q@example.com"
HOME = "Salta 1234 piso 3"
PROOF = b"%PDF-1.4 her proof"
PROOF_TEXT = "Importe $ 12.500,00\nDe: Zulema Quintanilla\nNº de operación: 99887766"
SAID = "me olvide la clave del portero"
#: Nothing of these may be left anywhere, folded.
NEEDLES = ("zulema", "quintanilla", "55587654", "example.com", "salta 1234", "99887766", "portero", "zuly")

EVENTS = """
    CREATE TABLE IF NOT EXISTS events (id serial PRIMARY KEY, sender_id varchar(255), type_name varchar(255),
        timestamp float, intent_name varchar(255), action_name varchar(255), data text)
"""


@pytest.fixture
def events(engine):
    """Rasa's table, as its SQL tracker store makes it."""
    with engine.begin() as connection:
        connection.execute(text(EVENTS))
        connection.execute(text("DELETE FROM events"))
    yield
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE events"))


@pytest.fixture
def media(tmp_path):
    return MediaStore(tmp_path / "media")


class Reader:
    def text_of(self, data: bytes, media_type: str) -> str | None:
        return PROOF_TEXT if data == PROOF else None


@pytest.fixture
def zulema(make_cliente):
    return make_cliente(name=NAME, phone_e164=PHONE, email=EMAIL, profile_name="Zuly")


@pytest.fixture
def wamid():
    return "wamid." + base64.b64encode(f"\x1b\n{PHONE[1:]}\x15\x02".encode()).decode()


@pytest.fixture
def life(
    sessions,
    events,
    zulema,
    laura,
    masaje,
    ana,
    write_to,
    her,
    media,
    save,
    now,
    new_key,
    wamid,
    make_booking,
    rows,
    act,
):
    """A client with a past: bookings, a proof, messages both ways, a tracker, what the professional said of her."""
    she = write_to(laura, zulema)
    request = BookRequest(masaje.id, now + timedelta(days=1), place_mode="domicilio", place=HOME)
    booked = bookings.book(sessions, she, request, now=now, key=f"{wamid}:0")
    tools = ProofTools(media, Reader())
    payment = inform_with_proof(
        sessions, she, tools, PROOF, News(1_250_000), now=now, key=f"{wamid}:1"
    ).payment
    act("confirm", payment.id)
    cancellations.cancel(sessions, she, booked.id, reason="se enfermó Zulema", now=now, key=f"{wamid}:2")
    make_booking(
        masaje, now - timedelta(days=2), zulema, place=HOME, notes="Zuly llega tarde", state="realizado"
    )
    with sessions.begin() as session:
        session.execute(
            text("UPDATE relaciones SET name = 'Zulema Q', notes = 'paga tarde' WHERE cliente_id = :id"),
            {"id": zulema.id},
        )
    inbound = save(
        Message(
            conversacion_id=she.conversacion_id, direction="in", kind="text", state="procesado", wamid=wamid,
            text=SAID, payload={"from": PHONE[1:], "text": {"body": SAID}}, due_at=now,
        )
    )  # fmt: skip
    typed = "cancelale a ZULEMA quintanilla, su cel es 11 5558-7654"
    hers = save(
        Message(
            conversacion_id=her.conversacion_id, direction="in", kind="text", state="procesado", wamid="wamid.L",
            text=typed, payload={"text": {"body": typed}}, due_at=now,
        )
    )  # fmt: skip
    for message, actor, said in ((inbound, she, SAID), (hers, her, typed)):
        interpreted = save(
            InterpretedAction(
                conversacion_id=actor.conversacion_id, message_id=message.id, profesional_id=laura.id,
                cliente_id=actor.cliente_id, intent="cancelar_turno", slots={"persona": NAME}, source="nlu",
                confidence=0.9, text=said, at=now,
            )
        )  # fmt: skip
        save(
            InterpretationOutcome(
                interpreted_action_id=interpreted.id, outcome="ejecutada", details={"who": NAME}, at=now
            )
        )
    save(
        Bloqueo(
            profesional_id=laura.id,
            kind="cierre",
            period=f"[{(now - timedelta(days=9)).isoformat()},{now.isoformat()})",
            reason="turno de Zulema",
        )
    )
    save(
        Espera(
            profesional_id=laura.id, servicio_id=masaje.id, cliente_id=zulema.id,
            wanted=f"[{now.isoformat()},{(now + timedelta(days=9)).isoformat()})",
        )
    )  # fmt: skip
    with sessions.begin() as session:
        for actor, said in ((she, SAID), (her, typed)):
            session.execute(
                text("INSERT INTO events (sender_id, type_name, data) VALUES (:sender, 'user', :data)"),
                {"sender": str(actor.conversacion_id), "data": json.dumps({"event": "user", "text": said})},
            )
    return she


def everything(sessions) -> list[tuple[str, str, str]]:
    """(table, column, value as text) of every text, JSON and array column of the database."""
    columns = """
        SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'
           AND (data_type IN ('text', 'jsonb', 'json', 'character varying', 'ARRAY') OR udt_name = 'vector')
    """
    found = []
    with sessions() as session:
        for table, column in session.execute(text(columns)).all():
            values = session.execute(
                text(f'SELECT "{column}"::text FROM "{table}" WHERE "{column}" IS NOT NULL')
            )
            found += [(table, column, value) for value in values.scalars()]
    return found


def traces(sessions) -> list[tuple[str, str, str]]:
    """Where something of her is left."""
    left = []
    for table, column, value in everything(sessions):
        if (
            any(needle in fold(value) for needle in NEEDLES)
            or base64.b64encode(b"55587654")[:8].decode() in value
        ):
            left.append((table, column, value))
    return left


@pytest.fixture
def erase(sessions, media, now, new_key):
    def call(actor, cliente_id=None, *, when=None, key=None):
        return personal_data.erase(sessions, actor, media, cliente_id, now=when or now, key=key or new_key())

    return call


def test_nothing_of_the_person_is_left_anywhere(sessions, life, zulema, erase, wamid, media, tmp_path):
    held = {(table, column) for table, column, _ in traces(sessions)}
    assert {
        ("clientes", "name"), ("identidades", "value"), ("messages", "text"), ("messages", "payload"),
        ("interpreted_actions", "text"), ("interpretation_outcomes", "details"), ("relationship_state", "summary"),
        ("events", "data"), ("operations", "result"), ("bookings", "place"), ("payments", "proof_reading"),
        ("bloqueos", "reason"), ("relaciones", "name"),
    } <= held  # fmt: skip
    done = erase(life)
    assert traces(sessions) == []
    assert not [row for row in everything(sessions) if wamid in row[2]]
    assert (done.events, done.files) == (1, 1)
    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


def test_the_books_stay_as_numbers(sessions, life, zulema, erase, rows):
    books = (
        "SELECT id, state, amount_minor, applied_minor, cliente_id FROM {} WHERE cliente_id = :id ORDER BY id"
    )
    before = [rows(books.format(table), id=zulema.id) for table in ("cargos", "payments")]
    steps = rows("SELECT entity, entity_id, action, state_before, state_after, at FROM audit ORDER BY id")
    erase(life)
    assert [rows(books.format(table), id=zulema.id) for table in ("cargos", "payments")] == before
    after = rows("SELECT entity, entity_id, action, state_before, state_after, at FROM audit ORDER BY id")
    assert after[:-1] == steps
    assert after[-1][:3] == ("clientes", zulema.id, "erase")
    assert rows(
        "SELECT state, count(*) FROM bookings WHERE cliente_id = :id GROUP BY 1 ORDER BY 1", id=zulema.id
    ) == [
        ("cancelado", 1),
        ("realizado", 1),
    ]


def test_others_keep_what_is_theirs(sessions, life, ana, her, erase, rows, inform, owe):
    owe(ana, 1000)
    inform(1000)
    erase(life)
    assert rows("SELECT name, phone_e164 IS NULL FROM clientes WHERE id = :id", id=ana.id) == [
        ("Ana Gómez", False)
    ]
    told = rows("SELECT text FROM messages WHERE conversacion_id = :c ORDER BY id", c=her.conversacion_id)
    assert ("cancelale a [borrado], su cel es [borrado]",) in told
    assert told[-1][0].startswith("Ana Gómez avisó un pago de $ 10")


def test_erasing_again_changes_nothing(sessions, life, zulema, erase, rows):
    erase(life)
    before = everything(sessions)
    assert erase(system_actor(), zulema.id) == personal_data.Erased(zulema.id, 0, 0, 0)
    assert everything(sessions) == before


def test_files_that_a_crash_left_are_removed_by_the_next_try(
    sessions, life, zulema, media, now, tmp_path, erase
):
    class Crashing(MediaStore):
        def remove(self, path: str) -> bool:
            raise OSError(path)

    with pytest.raises(OSError, match="pdf"):
        personal_data.erase(sessions, life, Crashing(tmp_path / "media"), now=now, key="k")
    assert traces(sessions) == []
    erase(system_actor(), zulema.id)
    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


def test_a_proof_that_somebody_else_sent_too_is_kept(
    sessions, life, media, erase, make_profesional, make_cliente, write_to, now
):
    marta = make_profesional(name="Marta")
    bea = write_to(marta, make_cliente(name="Bea"))
    kept = inform_with_proof(
        sessions, bea, ProofTools(media, Reader()), PROOF, News(500), now=now, key="b"
    ).payment
    assert erase(life).files == 0
    assert media.read(kept.proof_path) == PROOF


def test_a_file_that_somebody_else_sent_too_and_has_not_used_yet_is_kept(
    sessions, life, media, erase, save, make_profesional, make_cliente, write_to, rows, now
):
    bea = write_to(make_profesional(name="Marta"), make_cliente(name="Bea"))
    path = rows("SELECT proof_path FROM payments WHERE proof_path IS NOT NULL")[0][0]
    save(
        Message(
            conversacion_id=bea.conversacion_id, direction="in", kind="document", state="procesado", wamid="wamid.B",
            payload={"kept": {"path": path}}, due_at=now,
        )
    )  # fmt: skip
    assert erase(life).files == 0
    assert media.read(path) == PROOF


def test_who_writes_again_is_somebody_new(sessions, life, zulema, laura, erase, write_to):
    erase(life)
    again = write_to(laura, zulema)
    assert again.cliente_id != zulema.id
    assert again.conversacion_id != life.conversacion_id


def test_what_waits_for_her_is_not_sent(life, erase, rows):
    erase(life)
    states = "SELECT DISTINCT state FROM messages WHERE conversacion_id = :c AND direction = 'out'"
    assert rows(states, c=life.conversacion_id) == [("descartado",)]


def test_the_evidence_stays_closed_for_everybody_else(sessions, life, erase, rows):
    from sqlalchemy.exc import DBAPIError

    erase(life)
    with pytest.raises(DBAPIError, match="append-only"), sessions.begin() as session:
        session.execute(text("UPDATE audit SET action = 'x'"))


def test_live_bookings_are_cancelled_first(sessions, life, masaje, now, new_key, erase):
    request = BookRequest(masaje.id, now + timedelta(days=3))
    booked = bookings.book(sessions, life, request, now=now, key=new_key())
    with pytest.raises(LiveBookings) as refused:
        erase(life)
    assert refused.value.facts == {"count": 1}
    cancellations.cancel(sessions, life, booked.id, now=now, key=new_key())
    assert erase(life).messages > 0


def test_a_professional_is_erased_once_the_business_is_paused(sessions, life, laura, her, erase, rows):
    with pytest.raises(OwnsBusiness):
        erase(her)
    with sessions.begin() as session:
        session.execute(text("UPDATE profesionales SET state = 'pausado', payment_alias = 'laura.paz.mp'"))
    erase(system_actor(), laura.cliente_id)
    left = [row for row in everything(sessions) if "laura" in fold(row[2]) or laura.phone_e164[-8:] in row[2]]
    assert left == []
    assert rows("SELECT name, state FROM profesionales") == [("Profesional dado de baja", "pausado")]


@pytest.mark.parametrize("who", ["professional", "another", "nobody"])
def test_only_oneself_or_the_operator(sessions, life, zulema, her, she, erase, now, who):
    actor = {
        "professional": her,
        "another": she,
        "nobody": Actor(she.rol, None),
    }[who]
    with pytest.raises(NotAllowedError):
        erase(actor, zulema.id)
    with pytest.raises(NotAllowedError):
        personal_data.export(sessions, actor, zulema.id, now=now)


def test_the_operator_says_whom(sessions, erase, now):
    with pytest.raises(InvalidError):
        erase(system_actor())
    with pytest.raises(NotFoundError):
        erase(system_actor(), 999)
    with pytest.raises(NotFoundError):
        personal_data.export(sessions, system_actor(), 999, now=now)


def test_the_export_holds_everything_about_the_person_and_nothing_of_others(
    sessions, life, zulema, ana, laura, now
):
    found = personal_data.export(sessions, life, now=now)
    said = json.dumps(found, ensure_ascii=False)
    for needle in (NAME, PHONE, EMAIL, HOME, SAID, "99887766", "paga tarde"):
        assert needle in said
    assert ana.phone_e164 not in said
    assert "Ana Gómez" not in said
    sizes = {name: len(rows) for name, rows in found.items() if isinstance(rows, list)}
    assert {name for name, size in sizes.items() if not size} == {
        "enrollments",
        "memberships",
        "business",
    } | {name for name in ("payment_applications",) if not sizes[name]}
    assert [row["text"] for row in found["messages"] if row["direction"] == "in"] == [SAID]
    assert json.loads(found["dialogue"][0]["data"])["text"] == SAID


def test_every_table_that_knows_a_client_is_exported():
    """A new table with a client must be thought of here."""
    from vallebot.db.base import metadata

    exported = " ".join(personal_data._EXPORT.values())
    known = {table.name for table in metadata.sorted_tables if "cliente_id" in table.c}
    assert {name for name in known if f"FROM {name} " not in exported} == set()


def test_the_export_after_an_erasure_is_bare(sessions, life, zulema, erase, now):
    erase(life)
    found = json.dumps(personal_data.export(sessions, system_actor(), zulema.id, now=now))
    assert not any(needle in fold(found) for needle in NEEDLES)


def test_who_was_erased_is_never_told_anything(sessions, life, zulema, laura, erase, now):
    erase(life)
    with sessions.begin() as session:
        assert not tell_cliente(session, laura.id, zulema.id, Bubble("¡Hola!"), key="k", now=now)
    with sessions() as session:
        assert session.query(Message).filter_by(dedupe_key=f"k:cliente:{zulema.id}").count() == 0
