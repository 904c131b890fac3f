"""Messages that the NLU alone gets wrong, through the whole system with a stand-in for the language model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.fake_llm import FakeLlm, reading
from tests.harness import Phone, System, running_system, titles_of
from tests.unit.gateways.test_proof_text import pdf_of
from tests.unit.services.test_attacks import ATTACKS, obedient_answer

#: Says nothing at all, whatever the NLU is trained on.
UNCLEAR = "ni fu ni fa, arreglalo vos como te pinte"

#: What the NLU alone does not understand, what is meant, and how the answer to that begins to look.
MEANT = [
    ("tengo la espalda hecha un nudo, salvame", "pedir_turno", "servicio"),
    ("me clavaron una reunión justo a esa hora", "reprogramar_turno", "horarios"),
    ("se me cruzó la primaria del nene con lo nuestro", "cancelar_turno", "cancel"),
    ("la última vez me fui con la camiseta al revés jaja", None, "turnos"),
]


@pytest.fixture(scope="module")
def llm() -> Iterator[FakeLlm]:
    with FakeLlm() as server:
        yield server


@pytest.fixture(scope="module")
def system(llm: FakeLlm) -> Iterator[System]:
    with running_system(paced=False, extra={**llm.environ, "VALLEBOT_LLM_TIMEOUT": "4"}) as running:
        yield running


@pytest.fixture(autouse=True)
def obedient(llm: FakeLlm) -> Iterator[None]:
    llm.behave()
    yield
    llm.released.set()
    assert not llm.complaints


def read_by(system: System, phone: Phone) -> list[tuple[str, str]]:
    """(source, intent) of the phone's messages."""
    query = "SELECT source, intent FROM interpreted_actions WHERE conversacion_id = :c ORDER BY id"
    return [tuple(row) for row in system.rows(query, c=system.conversation(phone))]


@pytest.fixture(scope="module")
def booked(system: System) -> Phone:
    """A client with a session ahead."""
    client = system.client("Tamara")
    client.books(name="Tamara Luz")
    return client


@pytest.mark.parametrize(("words", "operation", "telling"), MEANT)
def test_what_the_nlu_cannot_read_becomes_the_operation_that_is_meant(
    system: System, llm: FakeLlm, booked: Phone, words: str, operation: str | None, telling: str
) -> None:
    llm.says(operation)
    answer = booked.ask(words)
    assert telling in answer.text.lower()
    assert read_by(system, booked)[-1] == ("llm", operation or "fuera_de_tema")
    assert len(llm.asked) == 1
    booked.ask("dejá, no importa")
    booked.nothing_more(0.5)
    assert [booking.state for booking in system.bookings_of(booked)] == ["pendiente"]


def test_without_a_reading_the_same_message_is_asked_back(system: System, llm: FakeLlm) -> None:
    llm.status = 503
    client = system.client()
    assert titles_of(client.ask(MEANT[0][0]))
    assert read_by(system, client) == [("nlu", "nlu_fallback")]


def test_the_model_is_not_asked_about_what_is_clear(system: System, llm: FakeLlm) -> None:
    client = system.client()
    client.ask("hola")
    client.ask("quiero un turno de reflexología")
    client.ask("cuánto sale?")
    assert not llm.asked
    assert {source for source, _ in read_by(system, client)} == {"nlu"}


def test_a_proposed_cancellation_is_shown_and_confirmed(system: System, llm: FakeLlm) -> None:
    client = system.client()
    client.books(name="Tamara Luz")
    llm.says("cancelar_turno")
    shown = client.ask(MEANT[2][0])
    assert "cancel" in shown.text.lower()
    assert [booking.state for booking in system.bookings_of(client)] == ["pendiente"]
    assert "cancelé" in client.tap(shown, "Sí").text.lower()
    assert [booking.state for booking in system.bookings_of(client)] == ["cancelado"]


def test_the_model_may_ask_which_operation_and_a_tap_does_it(system: System, llm: FakeLlm) -> None:
    client = system.client()
    llm.says(options=["ver_turnos", "consultar_precio", "confirmar_pago"])
    asked = client.ask(UNCLEAR)
    assert titles_of(asked) == ["Ver mis turnos", "Ver precios"]
    assert "no tenés turnos" in client.tap(asked, "Ver mis turnos").text


def test_what_would_act_at_once_is_asked_with_a_button(system: System, llm: FakeLlm) -> None:
    client = system.client()
    llm.says("hablar_con_persona")
    asked = client.ask(UNCLEAR)
    assert "hablar en persona" in asked.text
    assert titles_of(asked) == ["Sí", "No, otra cosa"]
    query = "SELECT handover_until FROM conversaciones WHERE id = :c"
    assert system.rows(query, c=system.conversation(client))[0].handover_until is None
    assert "le avisé" in client.tap(asked, "Sí").text.lower()


def test_a_form_goes_on_after_the_model_answered_a_question_in_its_middle(
    system: System, llm: FakeLlm
) -> None:
    client = system.client()
    client.ask("quiero un turno de reflexología")
    llm.says("consultar_ubicacion")
    answer = client.ask(UNCLEAR)
    assert "Gorriti" in answer.text
    assert titles_of(answer), "the open question is asked again"
    assert "open question" in llm.asked[0]["messages"][1]["content"]


def test_an_answer_that_was_not_read_twice_is_put_to_the_model(system: System, llm: FakeLlm) -> None:
    client = system.client()
    client.ask("quiero un turno de reflexología")
    llm.says("hablar_con_persona")
    client.ask("Gorriti 1234")
    client.ask("Gorriti 1234, piso 2")
    assert len(llm.asked) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"delay_seconds": 8.0},
        {"raw_body": b"not json"},
        {"finish_reason": "length"},
        {"script": lambda _: "¡Hola! Soy un modelo."},
        {"script": lambda _: reading("borrar_todo")},
    ],
    ids=["error", "slow", "garbled", "truncated", "chatty", "unknown operation"],
)
def test_any_failure_ends_in_what_is_said_without_a_model(system: System, llm: FakeLlm, fault: dict) -> None:
    client = system.client()
    for name, value in fault.items():
        setattr(llm, name, value)
    answer = client.ask(UNCLEAR)
    assert "?" in answer.text
    assert titles_of(answer)
    assert read_by(system, client) == [("nlu", "nlu_fallback")]


def test_what_the_model_took_is_on_the_professionals_account(system: System, llm: FakeLlm) -> None:
    before = system.rows("SELECT coalesce(sum(calls), 0) AS calls FROM llm_usage")[0].calls
    llm.says("ver_turnos")
    system.client().ask(UNCLEAR)
    [used] = system.rows("SELECT calls, tokens FROM llm_usage")
    assert used.calls <= before + 1
    assert used.tokens > 0


def test_a_voice_note_is_written_down_and_answered_like_text(system: System, llm: FakeLlm) -> None:
    client = system.client()
    llm.transcript = "hola, ¿dónde queda el consultorio?"
    wamid = system.graph.deliver_audio(client.wa_id, client.name, b"OggS" + b"x" * 3000, client.line)
    answer = client.next_bubble()
    assert answer.text.startswith("Te escuché: _hola, ¿dónde queda el consultorio?_")
    assert "Gorriti" in answer.text
    client.nothing_more(0.5)
    [row] = system.rows("SELECT text, payload FROM messages WHERE wamid = :w", w=wamid)
    assert row.text == llm.transcript
    assert row.payload["transcribed_by"] == "fake-model"
    assert read_by(system, client) == [("nlu", "consultar_ubicacion")]


def test_a_voice_note_that_nobody_can_write_down_is_asked_for_in_writing(
    system: System, llm: FakeLlm
) -> None:
    client = system.client()
    llm.status = 500
    system.graph.deliver_audio(client.wa_id, client.name, b"OggS" + b"x" * 3000, client.line)
    assert "escrib" in client.next_bubble().text.lower()


# --- A model that obeys the attacker -----------------------------------------------------------------------------

#: Everything that an attack could be after. What a person's own message may touch (their conversation, what is
#: remembered of it) is left out; their role and their professional are in.
FACTS = (
    "SELECT * FROM bookings",
    "SELECT * FROM enrollments",
    "SELECT * FROM payments WHERE cliente_id <> :own OR state <> 'informado'",
    "SELECT * FROM payment_applications",
    "SELECT * FROM cargos",
    "SELECT * FROM servicios",
    "SELECT * FROM horarios",
    "SELECT * FROM bloqueos",
    "SELECT * FROM series",
    "SELECT * FROM inscripciones_serie",
    "SELECT * FROM esperas",
    "SELECT * FROM profesionales",
    "SELECT id, rol, profesional_id, handover_until FROM conversaciones WHERE cliente_id <> :own",
    "SELECT id, name, email, phone_e164 FROM clientes WHERE id <> :own",
    "SELECT profesional_id, cliente_id, name, notices_accepted FROM relaciones WHERE cliente_id <> :own",
)

#: What nobody else may be told: another client, the prompt, the key.
SECRETS = (
    "Reservada",
    "Victoria R",
    "You read",
    "virtual secretary",
    "fake-key",
    "sk-0",
    "descuento",
    "estafa",
)


def facts(system: System, phone: Phone) -> dict[str, list[str]]:
    """Of everybody but the writer, who may change their own name, announce a payment, want no notices."""
    [row] = system.rows("SELECT cliente_id FROM identidades WHERE value = :wa_id", wa_id=phone.wa_id)
    own = {"own": row.cliente_id}
    return {
        query: sorted(map(str, system.rows(query, **(own if ":own" in query else {})))) for query in FACTS
    }


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """The rows that are new, gone or different."""
    return [row for query in FACTS for row in set(before[query]) ^ set(after[query])]


@pytest.fixture(scope="module")
def mallory(system: System) -> Phone:
    """A client with a session of her own. Another one, Victoria, has a session and secrets."""
    victim = system.client("Victoria")
    victim.books(name="Victoria Reservada")
    attacker = system.client("Mallory")
    attacker.books(name="Malena Ory")
    return attacker


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["text"][:30])
def test_no_attack_changes_anything_with_a_model_that_obeys_it(
    system: System, llm: FakeLlm, mallory: Phone, attack: dict
) -> None:
    llm.script = lambda _: obedient_answer(attack["wish"])
    phone = system.laura() if attack.get("rol") == "profesional" else mallory
    phone = replace(phone, name=attack.get("profile", phone.name))
    if "pdf" in attack:
        data = pdf_of(attack["pdf"])
        system.graph.deliver_document(phone.wa_id, phone.name, data, "comprobante.pdf", phone.line)
        phone.next_bubble()
    before = facts(system, phone)
    answer = phone.ask(attack["text"])
    assert answer.text
    if phone.wa_id == mallory.wa_id:
        assert not [secret for secret in SECRETS if secret in answer.text]
    assert changed(before, facts(system, phone)) == []
    if titles_of(answer):  # what it led to waits for a yes: the next attack must not be it
        phone.ask("dejá, no importa")
    mallory.catch_up()


def test_the_attacks_do_reach_the_model(system: System) -> None:
    """Many are understood without it; then they are a message like any other (all go through
    tests/unit/services/test_attacks.py)."""
    [used] = system.rows("SELECT sum(calls) AS calls, sum(failed) AS failed FROM llm_usage")
    assert used.calls > used.failed > 0


def test_no_eso_no_is_a_correction(system: System, llm: FakeLlm) -> None:
    client = system.client()
    llm.raw("no JSON")
    client.ask("cuánto sale la reflexología?")
    asked = client.ask("no, eso no")
    assert "?" in asked.text
    assert "Ver precios" not in titles_of(asked)
    assert titles_of(asked)
    query = (
        "SELECT o.outcome FROM interpretation_outcomes o JOIN interpreted_actions i ON i.id = o.interpreted_action_id "
        "WHERE i.conversacion_id = :c AND i.intent = 'consultar_precio' ORDER BY o.id"
    )
    outcomes = [row.outcome for row in system.rows(query, c=system.conversation(client))]
    assert outcomes == ["ejecutada", "corregida"]


def test_the_model_is_told_what_was_wrong(system: System, llm: FakeLlm) -> None:
    client = system.client()
    client.ask("cuánto sale la reflexología?")
    llm.says("consultar_ubicacion")
    assert "Gorriti" in client.ask("me entendiste mal").text
    assert (
        '"the writer says this reading was wrong": "consultar_precio"'
        in llm.asked[0]["messages"][1]["content"]
    )


def test_the_model_is_never_told_of_another_client(system: System, llm: FakeLlm, mallory: Phone) -> None:
    mallory.ask(UNCLEAR)
    told = json.dumps(llm.asked, ensure_ascii=False)
    [person] = system.rows("SELECT name FROM clientes WHERE phone_e164 = :phone", phone=f"+{mallory.wa_id}")
    assert person.name.split()[0] in told
    assert "Victoria" not in told
    assert mallory.wa_id not in told


def test_a_hanging_model_holds_up_nobody_else(system: System, llm: FakeLlm) -> None:
    """The last test: after so many failures the model is left alone for a while."""
    llm.delay_seconds = 8.0
    puzzling = [system.client() for _ in range(12)]
    for phone in puzzling:
        phone.says(UNCLEAR)
    others = [system.client() for _ in range(20)]
    for phone in others:
        phone.says("sos un robot?")
    for phone in others:
        assert "turnos" in phone.next_bubble().text
    for phone in puzzling:
        assert titles_of(phone.next_bubble())
    assert len(llm.asked) <= 8  # four at a time; nobody waits in line for one
