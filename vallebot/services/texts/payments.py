"""What both sides are told about money. Pure: a payment in, a bubble out.

Each bubble names a template for when the 24-hour window is closed; its parameters are the same facts in one line.
"""

from __future__ import annotations

from datetime import datetime

from vallebot.domain.spanish import say_date, say_list, say_money
from vallebot.services.outbox import Bubble, Choice, Template
from vallebot.services.payment_records import PaymentView

CONFIRM = "/confirmar_pago"
REJECT = "/rechazar_pago"

MEANS = {
    "efectivo": "en efectivo",
    "transferencia": "por transferencia",
    "mercadopago": "por Mercado Pago",
    "tarjeta": "con tarjeta",
    "otro": "",
}


def amount(payment: PaymentView) -> str:
    """'$ 12.500'."""
    return say_money(payment.amount_minor, payment.currency)


def who(payment: PaymentView) -> str:
    """The client, as the professional calls them."""
    return payment.cliente_name or "Alguien"


def _how(payment: PaymentView) -> str:
    said = MEANS[payment.means]
    return f" {said}" if said else ""


def _reason(reason: str | None) -> str:
    return f" Motivo: {reason.strip().rstrip('.')}." if reason and reason.strip() else ""


def _template(name: str, *parameters: str) -> Template:
    """Parameters of a template take no line breaks."""
    return Template(name, tuple(" ".join(parameter.split()) for parameter in parameters))


def _choice(title: str, operation: str, payment: PaymentView) -> Choice:
    return Choice(title, f'{operation}{{"payment_id": {payment.id}}}')


def mismatches_text(payment: PaymentView, owed_minor: int, now: datetime) -> str:
    """What of the proof does not fit, a sentence each; '' where all fits. The professional decides."""
    today = now.astimezone(payment.tz).date()
    read = say_money(payment.read_minor, payment.currency) if payment.read_minor else "otro importe"
    day = say_date(payment.paid_on, today) if payment.paid_on else "otro día"
    owed = say_money(owed_minor, payment.currency)
    sentences = {
        "amount_differs": f"el comprobante dice {read}",
        "currency_differs": "el comprobante está en otra moneda",
        "debt_differs": f"no es el total ni el valor de algo que deba (debe {owed})",
        "old": f"el comprobante es del {day}",
        "future": f"el comprobante tiene fecha del {day}, que todavía no llegó",
        "operation_repeated": f"la operación {payment.operation_number} ya figura en otro pago",
        "recipient_differs": "el destinatario no parece ser tu cuenta",
    }
    found = [sentences[code] for code in payment.mismatches if code in sentences]
    return f" Ojo: {say_list(found)}." if found else ""


# To the professional


def informed(payment: PaymentView, owed_minor: int, matched: bool, now: datetime) -> Bubble:
    """A client says they paid. `owed_minor`: what they owe; `matched`: it is exactly (a part of) that."""
    concept = f" ({payment.servicio_name})" if payment.servicio_name else ""
    proof = ", con comprobante" if payment.proof_path else ""
    said = f"{who(payment)} avisó un pago de {amount(payment)}{_how(payment)}{concept}{proof}."
    return _to_decide(payment, f"{said}{_fits(payment, owed_minor, matched, now)}")


def proved(payment: PaymentView, owed_minor: int, matched: bool, now: datetime) -> Bubble:
    """The proof of what the client had announced in words before."""
    said = f"{who(payment)} mandó el comprobante de su pago de {amount(payment)}."
    return _to_decide(payment, f"{said}{_fits(payment, owed_minor, matched, now)}")


def _fits(payment: PaymentView, owed_minor: int, matched: bool, now: datetime) -> str:
    fits = " Coincide con lo que debe." if matched and "amount_differs" not in payment.mismatches else ""
    return f"{fits}{mismatches_text(payment, owed_minor, now)}"


def _to_decide(payment: PaymentView, words: str) -> Bubble:
    return Bubble(
        f"{words} ¿Lo confirmás?",
        choices=(_choice("Confirmar", CONFIRM, payment), _choice("Rechazar", REJECT, payment)),
        template=_template("pago_informado", who(payment), amount(payment)),
        media=_proof(payment),
    )


def _proof(payment: PaymentView) -> dict | None:
    """The file itself, to be shown over the buttons."""
    if payment.proof_path is None:
        return None
    kind = "document" if payment.proof_media_type == "application/pdf" else "image"
    name = payment.proof_path.rpartition("/")[2]
    return {
        "type": kind,
        "path": payment.proof_path,
        "filename": f"comprobante{name[name.rfind('.') :]}",
    }


def withdrawn(payment: PaymentView, reason: str | None) -> Bubble:
    """The client takes back what they announced."""
    return Bubble(
        f"{who(payment)} retiró el aviso de su pago de {amount(payment)}.{_reason(reason)}",
        template=_template("pago_retirado", who(payment), amount(payment)),
    )


# To the client


def balance_text(owed_minor: int, credit_minor: int, currency: str) -> str:
    """Where the client stands after it: ' Te quedan por pagar $ 5.000.', ' Tenés $ 5.000 a favor.', ' Estás al día.'"""
    if owed_minor:
        return f" Te quedan por pagar {say_money(owed_minor, currency)}."
    if credit_minor:
        return f" Tenés {say_money(credit_minor, currency)} a favor."
    return " Estás al día."


def confirmed(payment: PaymentView, owed_minor: int, credit_minor: int) -> Bubble:
    """The professional confirms money that the client announced."""
    rest = balance_text(owed_minor, credit_minor, payment.currency)
    return Bubble(
        f"¡Listo! {payment.profesional_name} confirmó tu pago de {amount(payment)}.{_covers(payment)}{rest}",
        template=_template("pago_confirmado", payment.profesional_name, amount(payment)),
    )


def recorded(payment: PaymentView, owed_minor: int, credit_minor: int) -> Bubble:
    """The professional notes down money that came in: the client's receipt."""
    rest = balance_text(owed_minor, credit_minor, payment.currency)
    return Bubble(
        f"{payment.profesional_name} registró tu pago de {amount(payment)}{_how(payment)}.{_covers(payment)}{rest}",
        template=_template("pago_confirmado", payment.profesional_name, amount(payment)),
    )


def _covers(payment: PaymentView) -> str:
    concepts = list(dict.fromkeys(part.concept for part in payment.covers))
    return f" Se aplicó a: {say_list(concepts)}." if concepts else ""


def rejected(payment: PaymentView, reason: str | None) -> Bubble:
    """The professional did not find the money."""
    return Bubble(
        f"{payment.profesional_name} no pudo confirmar tu pago de {amount(payment)}.{_reason(reason)} "
        "Si creés que es un error, mandame de nuevo el comprobante.",
        template=_template("pago_rechazado", payment.profesional_name, amount(payment)),
    )


def voided(payment: PaymentView, reason: str | None, owed_minor: int, credit_minor: int) -> Bubble:
    """The professional takes back a payment that was confirmed or announced."""
    rest = balance_text(owed_minor, credit_minor, payment.currency)
    return Bubble(
        f"{payment.profesional_name} anuló tu pago de {amount(payment)}.{_reason(reason)}{rest}",
        template=_template("pago_anulado", payment.profesional_name, amount(payment)),
    )


def refunded(payment: PaymentView, given_back_minor: int, note: str | None) -> Bubble:
    """The professional gave credit back."""
    said = say_money(given_back_minor, payment.currency)
    more = f" {note.strip().rstrip('.')}." if note and note.strip() else ""
    return Bubble(
        f"{payment.profesional_name} anotó que te devolvió {said}.{more}",
        template=_template("pago_devuelto", payment.profesional_name, said),
    )


def waived(profesional_name: str, concept: str, open_minor: int, currency: str) -> Bubble:
    """The professional forgives a charge."""
    said = say_money(open_minor, currency)
    return Bubble(
        f"{profesional_name} dio de baja lo que quedaba por pagar de {concept} ({said}): ya no lo debés.",
        template=_template("cargo_anulado", profesional_name, concept, said),
    )
