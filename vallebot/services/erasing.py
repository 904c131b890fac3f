"""Where a person's data is, and how each place is emptied. Runs in the transaction of personal_data.erase."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from vallebot.domain.redaction import Redactor
from vallebot.errors import NotFoundError

#: WhatsApp's message ids hold the phone in base64; keys of operations are made of them.
_WAMID = r"wamid\.[A-Za-z0-9+/_=-]+"
#: Keys of views (results of operations) that say more of a client than numbers.
_ABOUT_PERSON = frozenset(
    {
        "cliente_name",
        "name",
        "phone_e164",
        "email",
        "place",
        "reason",
        "notes",
        "operation_number",
        "proof_path",
    }
)
_HASHED = "'erased.' || encode(sha256(convert_to(m.wamid, 'UTF8')), 'hex')"


@dataclass(frozen=True)
class Person:
    """Who is erased, and where traces of them are."""

    id: int
    names: tuple[str, ...]
    phones: tuple[str, ...]
    exact: tuple[str, ...]  #: e-mail, BSUIDs, home addresses, operation numbers...
    conversations: list[str]  #: their own, as text
    clients_of: list[int]  #: professionals whose client they are
    business_id: int | None
    business_state: str | None

    @property
    def related(self) -> list[int]:
        """Professionals whose rows may speak of them."""
        own = [self.business_id] if self.business_id is not None else []
        return sorted({*self.clients_of, *own})


@dataclass(frozen=True)
class Swept:
    messages: int
    events: int
    files: list[str]  #: paths in the media store that nobody else has too


def find_person(session: Session, cliente_id: int) -> Person:
    """Raises NotFoundError."""
    values = {"id": cliente_id}
    row = session.execute(text("SELECT * FROM clientes WHERE id = :id"), values).mappings().first()
    if row is None:
        raise NotFoundError(what="cliente")
    relations = session.execute(
        text("SELECT profesional_id, name FROM relaciones WHERE cliente_id = :id"), values
    ).all()
    identities = session.execute(
        text("SELECT kind, value FROM identidades WHERE cliente_id = :id"), values
    ).all()
    business = (
        session.execute(text("SELECT * FROM profesionales WHERE cliente_id = :id"), values).mappings().first()
    )
    known_by = text("""
        SELECT place FROM bookings WHERE cliente_id = :id AND place_mode = 'domicilio' AND length(place) > 4
        UNION SELECT operation_number FROM payments WHERE cliente_id = :id AND length(operation_number) > 5
        UNION SELECT proof_sha256 FROM payments WHERE cliente_id = :id
        UNION SELECT proof_reading ->> 'sender' FROM payments WHERE cliente_id = :id
    """)
    own = text("SELECT cast(id AS text) FROM conversaciones WHERE cliente_id = :id")
    names = [row["name"], row["profile_name"], *(name for _, name in relations)]
    phones = [row["phone_e164"], *(value for kind, value in identities if kind == "wa_id")]
    exact = [row["email"], *(value for kind, value in identities if kind == "bsuid")]
    exact += session.execute(known_by, values).scalars().all()
    if business is not None:
        names.append(business["name"])
        phones.append(business["phone_e164"])
        exact += [business["payment_alias"], business["payment_cbu"]]
    return Person(
        cliente_id,
        tuple(filter(None, names)),
        tuple(filter(None, phones)),
        tuple(filter(None, exact)),
        list(session.execute(own, values).scalars()),
        sorted(profesional_id for profesional_id, _ in relations),
        business["id"] if business is not None else None,
        business["state"] if business is not None else None,
    )


def erase_everywhere(session: Session, person: Person, *, now: datetime) -> Swept:
    """Empty every place; the professionals in `person.related` and the person are locked."""
    session.execute(text("SET LOCAL vallebot.erasing = 'on'"))
    sweep = _Sweep(session, person)
    files = sweep.files()
    sweep.hide_message_ids()  # before the messages lose their ids
    sweep.what_others_hold()
    events = sweep.trackers()
    messages = sweep.own_messages(now)
    sweep.own_rows(now)
    session.execute(text("SET LOCAL vallebot.erasing = 'off'"))
    return Swept(messages, events, files)


class _Sweep:
    """One erasure at work."""

    def __init__(self, session: Session, person: Person) -> None:
        self.session = session
        self.person = person
        self.redactor = Redactor(person.names, person.phones, person.exact)
        self.values: dict[str, Any] = {
            "id": person.id,
            "own": person.conversations,
            "related": person.related,
            "business": person.business_id,
        }
        self.others = self._others_conversations()

    def run(self, statement: str, **values: Any) -> int:
        return self.session.execute(text(statement), {**self.values, **values}).rowcount

    def _others_conversations(self) -> list[str]:
        """Of the professionals that know the person, and of the clients of the person's own business."""
        query = """
            SELECT cast(c.id AS text) FROM conversaciones c WHERE c.cliente_id <> :id AND (
                c.cliente_id IN (SELECT cliente_id FROM profesionales WHERE id = ANY(:related))
                OR c.cliente_id IN (SELECT cliente_id FROM relaciones WHERE profesional_id = :business))
        """
        return list(self.session.execute(text(query), self.values).scalars())

    def files(self) -> list[str]:
        """Proofs of the person, and files of their messages, that no payment or message of somebody else has too."""
        query = """
            WITH found AS (
                SELECT proof_path AS path FROM payments WHERE cliente_id = :id AND proof_path IS NOT NULL
                UNION
                SELECT value #>> '{}' FROM messages m, jsonb_path_query(m.payload, 'lax $.**.path') value
                 WHERE m.conversacion_id = ANY(cast(:own AS uuid[])) AND m.direction = 'in'
            )
            SELECT path FROM found WHERE path IS NOT NULL AND NOT EXISTS (
                SELECT FROM payments p WHERE p.proof_path = found.path AND p.cliente_id <> :id)
               AND NOT EXISTS (
                SELECT FROM messages m WHERE m.payload #>> '{kept,path}' = found.path
                   AND m.conversacion_id <> ALL(cast(:own AS uuid[]))) ORDER BY path
        """
        return list(self.session.execute(text(query), self.values).scalars())

    def hide_message_ids(self) -> None:
        """Replace WhatsApp's ids of the person's messages, in every key that was made of them, by their hashes."""
        keys = {
            "operations": "key",
            "messages": "dedupe_key",
            "audit": "operation_key",
            **dict.fromkeys(
                ("bookings", "enrollments", "inscripciones_serie", "series", "esperas", "payments"),
                "operation_key",
            ),
            "tareas": "dedupe_key",
        }
        for table, column in keys.items():
            self.run(
                f"UPDATE {table} k SET {column} = replace(k.{column}, m.wamid, {_HASHED}) FROM messages m "
                f"WHERE m.conversacion_id = ANY(cast(:own AS uuid[])) AND m.wamid = substring(k.{column} FROM :wamid)",
                wamid=_WAMID,
            )

    def what_others_hold(self) -> None:
        """Take names and numbers out of what was told to others, what they wrote, and what was kept of it."""
        others, tenant = "conversacion_id = ANY(cast(:others AS uuid[]))", "profesional_id = ANY(:related)"
        self._redact("messages", "id", ("text",), ("payload",), others)
        self._redact("interpreted_actions", "id", ("text",), ("slots",), others, vector=True)
        theirs = f"interpreted_action_id IN (SELECT id FROM interpreted_actions WHERE {others})"
        self._redact("interpretation_outcomes", "id", (), ("details",), theirs)
        self._redact("bookings", "id", ("cancel_reason", "notes"), (), tenant)
        self._redact("enrollments", "id", ("cancel_reason",), (), tenant)
        self._redact("bloqueos", "id", ("reason",), (), tenant)
        self._redact("payments", "id", ("reason", "refund_note"), (), tenant)
        self._redact("cargos", "id", ("void_reason",), (), tenant)
        self._redact("audit", "id", (), ("facts",), f"{tenant} OR profesional_id IS NULL")
        self._redact("tareas", "id", ("error",), ("subject",), f"{tenant} OR profesional_id IS NULL")
        about = """jsonb_path_exists(result, 'lax $.**.cliente_id ? (@ == $id)', jsonb_build_object('id', :id))
            OR EXISTS (SELECT FROM unnest(cast(:names AS text[])) name
                        WHERE strpos(lower(result::text), lower(name)) > 0)"""
        self._redact("operations", "key", (), ("result",), f"result IS NOT NULL AND ({about})")

    def _redact(
        self,
        table: str,
        key: str,
        texts: Sequence[str],
        jsons: Sequence[str],
        where: str,
        *,
        vector: bool = False,
    ) -> None:
        columns = [*texts, *jsons]
        something = " OR ".join(f"{column} IS NOT NULL" for column in columns)
        query = text(f"SELECT {key}, {', '.join(columns)} FROM {table} WHERE ({where}) AND ({something})")
        values = {**self.values, "others": self.others, "names": list(self.person.names + self.person.exact)}
        sets = [f"{column} = :{column}" for column in texts]
        sets += [f"{column} = cast(:{column} AS jsonb)" for column in jsons]
        if vector and _has_vectors(self.session):
            sets.append("embedding = NULL")
        write = text(f"UPDATE {table} SET {', '.join(sets)} WHERE {key} = :the_key")
        for row_key, *old in self.session.execute(query, values).all():
            new = [self._blanked(self.redactor.redact_json(value)) for value in old]
            if new != old:
                kept = dict(zip(columns, new, strict=True))
                kept |= {column: _json(kept[column]) for column in jsons}
                self.session.execute(write, {**kept, "the_key": row_key})

    def _blanked(self, value: Any) -> Any:
        """JSON without what is said about the person beside their id (where they live, why, the proof)."""
        if isinstance(value, list):
            return [self._blanked(item) for item in value]
        if not isinstance(value, dict):
            return value
        about = value.get("cliente_id") == self.person.id
        return {
            key: None if about and key in _ABOUT_PERSON else self._blanked(item)
            for key, item in value.items()
        }

    def trackers(self) -> int:
        """Rasa's events: the person's go, others' lose the names. The table is Rasa's and may not exist."""
        if self.session.execute(text("SELECT to_regclass('events')")).scalar() is None:
            return 0
        query = text("SELECT id, data FROM events WHERE sender_id = ANY(:others) AND data IS NOT NULL")
        for event_id, data in self.session.execute(query, {"others": self.others}).all():
            event = json.loads(data)
            redacted = self.redactor.redact_json(event)
            if redacted != event:
                self.run(
                    "UPDATE events SET data = :data WHERE id = :event",
                    data=json.dumps(redacted),
                    event=event_id,
                )
        return self.run("DELETE FROM events WHERE sender_id = ANY(:own)")

    def own_messages(self, now: datetime) -> int:
        """Empty the person's messages and what was understood from them; what waits is neither sent nor read."""
        mine = "conversacion_id = ANY(cast(:own AS uuid[]))"
        vector = ", embedding = NULL" if _has_vectors(self.session) else ""
        self.run(
            f"UPDATE interpretation_outcomes SET details = '{{}}' WHERE interpreted_action_id IN "
            f"(SELECT id FROM interpreted_actions WHERE cliente_id = :id OR {mine})"
        )
        self.run(
            f"UPDATE interpreted_actions SET text = NULL, slots = '{{}}'{vector} WHERE cliente_id = :id OR {mine}"
        )
        return self.run(
            f"""UPDATE messages m SET text = NULL, payload = '{{}}', error = NULL,
                       wamid = CASE WHEN m.wamid IS NULL THEN NULL ELSE {_HASHED} END,
                       state = CASE m.state WHEN 'pendiente' THEN 'descartado' WHEN 'recibido' THEN 'procesado'
                                            WHEN 'estacionado' THEN 'descartado' ELSE m.state END
                 WHERE {mine}"""
        )

    def own_rows(self, now: datetime) -> None:
        """The person, what they are called, where they live, what they paid with."""
        self.run(
            "UPDATE clientes SET name = NULL, profile_name = NULL, phone_e164 = NULL, email = NULL, erased_at = :now "
            "WHERE id = :id",
            now=now,
        )
        self.run("UPDATE identidades SET value = 'erased:' || id WHERE cliente_id = :id")
        self.run("UPDATE conversaciones SET handover_until = NULL WHERE cliente_id = :id")
        self.run(
            "UPDATE relaciones SET name = NULL, notes = NULL, notices_accepted = false WHERE cliente_id = :id"
        )
        self.run(
            "UPDATE bookings SET place = NULL, notes = NULL, cancel_reason = NULL WHERE cliente_id = :id"
        )
        self.run("UPDATE enrollments SET cancel_reason = NULL WHERE cliente_id = :id")
        self.run("UPDATE esperas SET state = 'cancelado' WHERE cliente_id = :id AND state = 'esperando'")
        self.run(
            "UPDATE payments SET reason = NULL, refund_note = NULL, operation_number = NULL, proof_sha256 = NULL, "
            "proof_path = NULL, proof_reading = NULL WHERE cliente_id = :id"
        )
        if _has_vectors(self.session):
            self.run("UPDATE relationship_state SET embedding = NULL WHERE cliente_id = :id")
        if self.person.business_id is not None:
            self.run(
                "UPDATE profesionales SET name = 'Profesional dado de baja', "
                "phone_e164 = '+999' || lpad(id::text, 9, '0'), trade = NULL, "
                "address = NULL, latitude = NULL, longitude = NULL, home_visit_zone = NULL, "
                "phone_number_id = NULL, code = 'baja-' || id, payment_alias = NULL, payment_cbu = NULL, "
                "state = 'pausado' WHERE id = :business"
            )


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _has_vectors(session: Session) -> bool:
    query = text(
        "SELECT 1 FROM information_schema.columns WHERE table_name = 'relationship_state' AND column_name = 'embedding'"
    )
    return session.execute(query).first() is not None
