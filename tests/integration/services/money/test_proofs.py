"""Proofs: taken, read, compared with the debt, told; the same one once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from vallebot.gateways.media_store import MediaStore
from vallebot.services.payment_errors import (
    AmountMissing,
    DuplicateProof,
    ProofTooBig,
    ProofTypeUnknown,
    WrongPaymentState,
)
from vallebot.services.payments import News
from vallebot.services.proofs import ProofTools, inform_with_proof, keep_proof, read_kept
from vallebot.services.proofs import prove as proving

SAMPLES = Path(__file__).parents[3] / "data" / "proofs"
PDF = b"%PDF-1.4 "
PHOTO = b"\xff\xd8\xff\xe0 a photo"


class Reader:
    """Texts by content, as the gateway would read them."""

    def __init__(self) -> None:
        self.texts: dict[bytes, str] = {}

    def text_of(self, data: bytes, media_type: str) -> str | None:
        return self.texts.get(data)


@pytest.fixture
def tools(tmp_path):
    return ProofTools(MediaStore(tmp_path / "media"), Reader())


@pytest.fixture
def pdf(tools):
    """`pdf("Importe $ 10,00")`: bytes that are read as that text."""

    def make(text: str) -> bytes:
        data = PDF + text.encode()
        tools.text.texts[data] = text
        return data

    return make


@pytest.fixture
def send(sessions, she, tools, now, new_key):
    def call(data, *, actor=None, key=None, **news):
        chosen = News(**news) if news else None
        return inform_with_proof(sessions, actor or she, tools, data, chosen, now=now, key=key or new_key())

    return call


def test_a_proof_of_exactly_the_debt_is_matched_without_a_question(
    send, pdf, owe, ana, laura, said, tools, rows
):
    owe(ana, 1_250_000)
    text = (SAMPLES / "mercadopago_transferencia.txt").read_text("utf-8").partition("---\n")[2]
    done = send(pdf(text))
    assert (done.matched, done.payment.amount_minor, done.payment.mismatches) == (True, 1_250_000, ())
    assert done.payment.operation_number == "98765432101"
    assert f"{done.payment.paid_on}" == "2026-03-02"
    assert said(laura) == [
        "Ana Gómez avisó un pago de $ 12.500 por transferencia (Masaje), con comprobante. "
        "Coincide con lo que debe. ¿Lo confirmás?"
    ]
    assert tools.media.read(done.payment.proof_path) == pdf(text)
    assert rows("SELECT payload -> 'media' ->> 'type' FROM messages") == [("document",)]
    assert rows("SELECT proof_reading ->> 'sender' FROM payments") == [("Ana Gómez",)]


@pytest.mark.parametrize(
    ("text", "amount", "codes", "told"),
    [
        ("Importe $ 80,00", 10_000, ("amount_differs",), "Ojo: el comprobante dice $ 80."),
        (
            "Importe $ 80,00",
            None,
            ("debt_differs",),
            "no es el total ni el valor de algo que deba (debe $ 100)",
        ),
        (
            "Importe $ 100,00\nFecha: 02/01/2026",
            None,
            ("old",),
            "Ojo: el comprobante es del viernes 2 de enero.",
        ),
        (
            "Importe $ 100,00\nFecha: 04/03/2026",
            None,
            ("future",),
            "fecha del miércoles 4, que todavía no llegó",
        ),
        (
            "Importe $ 100,00\nDestinatario: Otro Señor",
            None,
            ("recipient_differs",),
            "el destinatario no parece ser tu cuenta",
        ),
    ],
)
def test_what_does_not_fit_is_told_and_not_decided(
    send, pdf, owe, ana, laura, said, text, amount, codes, told
):
    owe(ana, 10_000)
    done = send(pdf(text), amount_minor=amount)
    assert (done.payment.state, done.payment.mismatches) == ("informado", codes)
    assert told in said(laura)[0]


def test_an_operation_that_was_informed_before_is_told(send, pdf, owe, ana, laura, said):
    owe(ana, 10_000, 10_000)
    send(pdf("Importe $ 100,00\nNº de operación: 12345678"))
    done = send(pdf("Importe $ 100,00\nNº de operación: 12345678\n(otra captura)"))
    assert done.payment.mismatches == ("operation_repeated",)
    assert "la operación 12345678 ya figura en otro pago" in said(laura)[1]


def test_a_photo_that_nothing_reads_is_for_the_debt(send, owe, ana):
    owe(ana, 10_000)
    done = send(PHOTO)
    assert (done.payment.amount_minor, done.payment.proof_media_type) == (10_000, "image/jpeg")


def test_a_photo_that_says_nothing_where_nothing_is_owed_is_asked_about(send, rows):
    with pytest.raises(AmountMissing):
        send(PHOTO)
    assert rows("SELECT count(*) FROM payments") == [(0,)]


def test_the_same_live_proof_is_refused_whoever_sends_it(send, owe, ana, act, make_cliente, write_to, laura):
    owe(ana, 10_000, 10_000)
    bea = write_to(laura, make_cliente(name="Bea"))
    payment = send(PHOTO).payment
    with pytest.raises(DuplicateProof):
        send(PHOTO)
    with pytest.raises(DuplicateProof):
        send(PHOTO, actor=bea, amount_minor=500)
    act("reject", payment.id)
    assert send(PHOTO).payment.state == "informado"


def test_the_same_message_worked_on_twice_is_no_duplicate(send, owe, ana, rows):
    owe(ana, 10_000)
    assert send(PHOTO, key="wamid.A") == send(PHOTO, key="wamid.A")
    assert rows("SELECT count(*) FROM payments") == [(1,)]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"MZ an exe called comprobante.pdf", ProofTypeUnknown),
        (b"", ProofTypeUnknown),
        (PHOTO + bytes(5 * 1024 * 1024), ProofTooBig),
        (PDF + bytes(10 * 1024 * 1024), ProofTooBig),
    ],
    ids=["program", "nothing", "big-photo", "big-pdf"],
)
def test_what_is_no_proof_is_not_kept(send, tools, tmp_path, data, error):
    with pytest.raises(error):
        send(data)
    assert not (tmp_path / "media").exists()


def test_the_day_is_the_professionals(sessions, she, tools, pdf, owe, ana, now, new_key):
    owe(ana, 10_000)
    late = now.replace(hour=23)  # the next day in UTC already
    data = pdf("Importe $ 100,00\nFecha: 03/03/2026")
    done = inform_with_proof(sessions, she, tools, data, now=late, key=new_key())
    assert done.payment.mismatches == ("future",)
    again = pdf("Importe $ 100,00\nFecha: 03/03/2026 ")
    done = inform_with_proof(sessions, she, tools, again, now=now + timedelta(days=1), key=new_key())
    assert "future" not in done.payment.mismatches


@pytest.fixture
def prove(sessions, she, tools, now, new_key):
    """`prove(payment_id, data)`: the proof of what was announced in words."""

    def call(payment_id, data, *, key=None):
        kept = keep_proof(tools.media, data)
        reading = read_kept(tools, kept)
        return proving(sessions, she, payment_id, kept, reading, now=now, key=key or new_key())

    return call


def test_a_proof_may_follow_the_words_and_reaches_the_professional(
    prove, inform, owe, ana, laura, said, pdf, rows
):
    owe(ana, 1_250_000)
    announced = inform(1_250_000).payment
    done = prove(announced.id, pdf("Comprobante\nImporte $ 12.500,00"))
    assert (done.payment.id, done.matched, done.payment.mismatches) == (announced.id, True, ())
    assert said(laura)[-1] == (
        "Ana Gómez mandó el comprobante de su pago de $ 12.500. Coincide con lo que debe. ¿Lo confirmás?"
    )
    assert rows("SELECT payload -> 'media' ->> 'type' FROM messages ORDER BY id DESC LIMIT 1") == [
        ("document",)
    ]


def test_a_proof_is_added_once_and_only_to_what_waits(prove, inform, act, owe, ana, laura, said, pdf):
    owe(ana, 1_250_000)
    announced = inform(1_250_000).payment
    first = prove(announced.id, pdf("Importe $ 12.500,00"), key="k")
    assert prove(announced.id, pdf("Importe $ 12.500,00"), key="k") == first
    assert len(said(laura)) == 2
    with pytest.raises(WrongPaymentState):
        prove(announced.id, pdf("otro"))
    other = inform(500).payment
    act("confirm", other.id)
    with pytest.raises(WrongPaymentState):
        prove(other.id, pdf("y otro"))


def test_a_proof_that_was_used_proves_no_second_payment(prove, inform, owe, ana, pdf):
    owe(ana, 1_250_000)
    first, second = inform(1_250_000).payment, inform(500).payment
    data = pdf("Importe $ 12.500,00")
    prove(first.id, data)
    with pytest.raises(DuplicateProof):
        prove(second.id, data)
