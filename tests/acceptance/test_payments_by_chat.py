"""Money by chat, through the whole system: proofs in and out, words, debts, the professional's decisions."""

from __future__ import annotations

import itertools
from typing import Any

from tests.harness import Phone, System, titles_of
from tests.unit.gateways.test_proof_text import pdf_of

PAYMENTS = (
    "SELECT p.amount_minor, p.means, p.state, p.reason, p.proof_path FROM payments p "
    "JOIN clientes c ON c.id = p.cliente_id WHERE c.phone_e164 = :phone ORDER BY p.id"
)
PHOTO = b"\xff\xd8\xff\xe0 a photo "
_numbers = itertools.count(1)


def payments_of(system: System, phone: Phone) -> list[Any]:
    return system.rows(PAYMENTS, phone=f"+{phone.wa_id}")


def owing(system: System, laura: Phone, name: str, service: str = "reflexología") -> Phone:
    """A client who owes $ 20.000 for a session of reflexology that Laura accepted."""
    client = system.client(name)
    laura.catch_up()
    client.books(service, name)
    laura.tap(laura.next_bubble(), "Aceptar")
    client.next_bubble()
    return client


def proof(amount: str) -> bytes:
    """A proof as a bank gives it; each one is another."""
    return pdf_of(
        f"Comprobante de transferencia\nImporte\n$ {amount}\nNumero de operacion {10**9 + next(_numbers)}"
    )


def send_pdf(phone: Phone, data: bytes, caption: str = "") -> None:
    phone.system.graph.deliver_document(
        phone.wa_id, phone.name, data, "comprobante.pdf", phone.line, caption=caption
    )


def test_a_proof_reaches_the_professional_with_its_file_and_buttons(system: System) -> None:
    laura = system.laura()
    client = owing(system, laura, "Irma Costa")
    data = proof("20.000,00")
    send_pdf(client, data)
    answer = client.next_bubble()
    assert "Le avisé a Laura" in answer.text
    assert "$ 20.000" in answer.text
    client.nothing_more(0.5)

    notice = laura.next_bubble()
    assert "Irma Costa avisó un pago de $ 20.000" in notice.text
    assert "Coincide con lo que debe" in notice.text
    assert titles_of(notice) == ["Confirmar", "Rechazar"]
    header = notice.body["interactive"]["header"]
    uploaded = system.graph.media.get(header["document"]["id"])
    assert uploaded is not None
    assert uploaded.data == data

    assert "confirmé" in laura.tap(notice, "Confirmar").text
    assert "confirmó tu pago de $ 20.000" in client.next_bubble().text
    [row] = payments_of(system, client)
    assert (row.amount_minor, row.state) == (2_000_000, "confirmado")
    assert "no debés nada" in client.ask("cuánto debo?").text

    send_pdf(client, data)
    assert client.next_bubble().text == "Ese comprobante ya lo recibí antes."
    assert len(payments_of(system, client)) == 1


def test_the_same_proof_twice_is_refused_kindly(system: System) -> None:
    laura = system.laura()
    client = owing(system, laura, "Elsa Rey")
    data = proof("5.000,00")
    send_pdf(client, data, "te mando una parte, 5 lucas")
    assert "a cuenta" in client.next_bubble().text
    send_pdf(client, data, "ahí va el comprobante")
    assert client.next_bubble().text == "Ese comprobante ya lo recibí antes."
    assert len(payments_of(system, client)) == 1


def test_a_photo_asks_for_the_amount_and_one_tap_answers(system: System) -> None:
    laura = system.laura()
    client = owing(system, laura, "Olga Ruiz")
    laura.catch_up()
    photo = PHOTO + str(next(_numbers)).encode()
    system.graph.deliver_image(client.wa_id, client.name, photo, client.line)
    question = client.next_bubble()
    assert titles_of(question) == ["$ 20.000"]
    assert "Le avisé a Laura" in client.tap(question, "$ 20.000").text
    header = laura.next_bubble().body["interactive"]["header"]
    assert system.graph.media.get(header["image"]["id"]).data == photo


def test_with_nothing_owed_a_file_is_asked_about(system: System) -> None:
    system.laura()
    client = system.client("Nadia Sol")
    send_pdf(client, proof("3.000,00"))
    question = client.next_bubble()
    assert "$ 3.000" in question.text
    assert titles_of(question)[0] == "Es un pago"
    assert "Le avisé a Laura" in client.tap(question, "Es un pago").text
    assert [(row.amount_minor, row.state) for row in payments_of(system, client)] == [(300_000, "informado")]


def test_words_inform_and_the_proof_may_follow(system: System) -> None:
    laura = system.laura()
    client = owing(system, laura, "Rita Mora")
    laura.catch_up()
    answer = client.ask("ya te transferí 20 lucas por lo de reflexología")
    assert "Le avisé a Laura" in answer.text
    assert "Si tenés el comprobante" in answer.text
    assert "Rita Mora avisó" in laura.next_bubble().text
    send_pdf(client, proof("20.000,00"))
    assert "comprobante" in client.next_bubble().text
    assert "mandó el comprobante" in laura.next_bubble().text
    assert [row.state for row in payments_of(system, client)] == ["informado"]


def test_a_payment_is_rejected_with_a_reason_that_the_client_reads(system: System) -> None:
    laura = system.laura()
    client = owing(system, laura, "Vera Luz")
    laura.catch_up()
    client.ask("te transferí 20 lucas")
    question = laura.tap(laura.next_bubble(), "Rechazar")
    assert "Por qué" in question.text
    assert "rechacé" in laura.ask("me llegaron 2 mil nada más").text
    assert "Motivo: me llegaron 2 mil nada más." in client.next_bubble().text
    [row] = payments_of(system, client)
    assert (row.state, row.reason) == ("rechazado", "me llegaron 2 mil nada más")


def test_debts_are_told_to_both(system: System) -> None:
    laura = system.laura()
    client = owing(system, laura, "Zulma Paz")
    laura.catch_up()
    own = client.ask("cuánto debo?")
    assert "$ 20.000" in own.text
    assert titles_of(own) == ["Ya pagué"]
    assert "Zulma Paz" in laura.ask("cuánto me debe zulma paz?").text


def test_cash_is_noted_down_in_one_message(system: System) -> None:
    laura = system.laura()
    client = owing(system, laura, "Wanda Gil")
    laura.catch_up()
    noted = laura.ask("wanda gil me pagó 15 lucas en efectivo")
    assert "anoté $ 15.000 en efectivo de Wanda Gil" in noted.text
    assert "Le quedan por pagar $ 5.000" in noted.text
    assert "registró tu pago de $ 15.000" in client.next_bubble().text
    [row] = payments_of(system, client)
    assert (row.means, row.state) == ("efectivo", "confirmado")
    assert "Cobraste" in laura.ask("cuánto cobré hoy?").text


def test_confirming_in_words_takes_the_named_one(system: System) -> None:
    laura = system.laura()
    client = owing(system, laura, "Yamila Roca")
    client.ask("te transferí 20 lucas")
    laura.catch_up()
    assert "Yamila Roca" in laura.ask("me llegó lo de yamila roca").text
    assert [row.state for row in payments_of(system, client)] == ["confirmado"]


def test_a_bad_file_is_answered_and_an_outage_waits(system: System) -> None:
    laura = system.laura()
    client = owing(system, laura, "Tina Vera")
    send_pdf(client, b"MZ this is a program")
    assert "no lo puedo abrir" in client.next_bubble().text
    from web.fake_graph.faults import Fault

    system.graph.faults.add(Fault("media_http", 503))
    send_pdf(client, proof("20.000,00"))
    assert "Le avisé a Laura" in client.next_bubble().text
    assert len(payments_of(system, client)) == 1
