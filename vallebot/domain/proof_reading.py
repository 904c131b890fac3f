"""What a proof of payment says: amount, day, operation number, who sent it to whom. Pure text in, facts out.

Made for the proofs of Argentine banks and wallets (Mercado Pago, Galicia, Santander, BBVA, Macro, Nación,
Provincia/Cuenta DNI, Brubank, Ualá, Naranja X, Personal Pay...), as text of their PDFs or as read by OCR: a label
and its value stand on one line, or the value follows on the next. What is not there, or is not clear, is None:
the professional decides with their own eyes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from vallebot.domain.spanish import MONTHS
from vallebot.domain.text import fold, squash

#: Longer text is no proof of payment; it bounds the time of every pattern below.
TEXT_MAX_CHARS = 20_000
LINES_MAX = 400
LINE_MAX_CHARS = 200
#: A transfer that is older than this is worth a second look.
OLD_AFTER = timedelta(days=10)


@dataclass(frozen=True)
class ProofReading:
    """What was read. `amount_minor`: integer minor units of `currency`; `sender`, `recipient`: names."""

    amount_minor: int | None = None
    currency: str | None = None
    paid_on: date | None = None
    operation_number: str | None = None
    sender: str | None = None
    recipient: str | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing in it says that it is a proof of payment."""
        return self.amount_minor is None and self.operation_number is None


def read_proof(text: str) -> ProofReading:
    """Read the text of one proof; never fails."""
    lines = [" ".join(line.split())[:LINE_MAX_CHARS] for line in text[:TEXT_MAX_CHARS].splitlines()]
    lines = [_unglued(line) for line in lines if line][:LINES_MAX]
    amount = _amount(lines)
    return ProofReading(
        amount_minor=amount[0] if amount else None,
        currency=amount[1] if amount else None,
        paid_on=_day(lines),
        operation_number=_operation(lines),
        sender=_party(lines, _SENDER),
        recipient=_party(lines, _RECIPIENT),
    )


_GLUED = re.compile(r"(?<=[a-zñáéíóú])(?=[A-ZÑÁÉÍÓÚ])")


def _unglued(line: str) -> str:
    """OCR loses spaces: 'LauraPaz' is 'Laura Paz'. Codes, which have digits, stay."""
    return line if any(char.isdigit() for char in line) else _GLUED.sub(" ", line)


def _label(pattern: str) -> re.Pattern[str]:
    """A label whose spaces OCR may have lost ('Numerodeoperacion')."""
    return re.compile(pattern.replace(" ", " ?"))


def doubts(reading: ProofReading, today: date, recipient_names: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What of a proof itself asks for a second look: 'old', 'future', 'recipient_differs'. `recipient_names`: names
    of the professional; a recipient that shares no word with them is somebody else."""
    found = []
    if reading.paid_on is not None and reading.paid_on < today - OLD_AFTER:
        found.append("old")
    if reading.paid_on is not None and reading.paid_on > today:
        found.append("future")
    if reading.recipient and recipient_names:
        own = {word for name in recipient_names for word in squash(name).split() if len(word) > 2}
        if own and not own & set(re.findall(r"[a-z]{3,}", squash(reading.recipient))):
            found.append("recipient_differs")
    return tuple(found)


def _values(lines: list[str], label: re.Pattern[str], *, ahead: int = 1) -> Iterator[str]:
    """What stands after a label: the rest of its line, else the following lines (at most `ahead`)."""
    for number, line in enumerate(lines):
        found = label.match(fold(line))
        if not found:
            continue
        rest = line[found.end() :].lstrip(" :.#-–")
        if rest:
            yield rest
        else:
            yield from lines[number + 1 : number + 1 + ahead]


# Amount

_CURRENCIES = {"$": "ARS", "ars": "ARS", "ar$": "ARS", "u$s": "USD", "us$": "USD", "usd": "USD", "u$d": "USD"}
_SIGN = r"(?P<sign>u\$s|us\$|u\$d|usd|ar\$|ars|\$)"
_NUMBER = r"(?P<number>[0-9]{1,3}(?:[., ][0-9]{3})+(?:[.,][0-9]{2})?|[0-9]{1,10}(?:[.,][0-9]{1,2})?)"
_SIGNED = re.compile(rf"(?<![a-z0-9]){_SIGN} ?{_NUMBER}(?![0-9]| [0-9]{{1,3}}[.,][0-9]{{3}})")
_SIGN_AFTER = re.compile(rf"(?<![0-9.,]){_NUMBER} ?(?P<sign>ars|usd|pesos)\b")
_BARE = re.compile(rf"^-?{_NUMBER}$")
_AMOUNT_LABEL = _label(
    r"(?:importe|monto|total|valor|suma)"
    r"(?: (?:total|transferid[oa]|enviad[oa]|debitad[oa]|acreditad[oa]|pagad[oa]|abonad[oa]|neto|"
    r"de la (?:transferencia|operacion)|a (?:transferir|debitar|acreditar|pagar)|en pesos|de la transaccion|"
    r"del pago|pago|de pago))*\b"
)
#: '¡Listo! Transferiste $ 12.500 a Laura', 'Enviaste', 'Recibiste'.
_AMOUNT_VERB = re.compile(
    r"\b(?:transferiste|enviaste|pagaste|mandaste|recibiste|te (?:transfirio|envio|pago)|transferencia (?:de|por))\b"
)
_NOT_THE_AMOUNT = re.compile(
    r"\b(?:saldo|comision|iva|impuesto|limite|disponible|descuento|cuota|intereses|costo|cargo|bonificacion|"
    r"percepcion|sellos)\b"
)


def _amount(lines: list[str]) -> tuple[int, str] | None:
    """Labelled first, then what a verb says, then the only or first sum with a sign."""
    for value in _values(lines, _AMOUNT_LABEL, ahead=2):
        found = _sum_in(value) or _bare_sum(value)
        if found:
            return found
    for line in lines:
        if _AMOUNT_VERB.search(fold(line)):
            found = _sum_in(line)
            if found:
                return found
    for number, line in enumerate(lines):
        before = fold(lines[number - 1]) if number else ""
        if _NOT_THE_AMOUNT.search(fold(line)) or _NOT_THE_AMOUNT.fullmatch(before.rstrip(": ")):
            continue
        found = _sum_in(line)
        if found:
            return found
    return None


def _sum_in(line: str) -> tuple[int, str] | None:
    folded = fold(line)
    found = _SIGNED.search(folded) or _SIGN_AFTER.search(folded)
    if not found:
        return None
    minor = minor_units(found["number"])
    return (minor, _CURRENCIES.get(found["sign"], "ARS")) if minor else None


def _bare_sum(line: str) -> tuple[int, str] | None:
    found = _BARE.match(line.strip())
    minor = minor_units(found["number"]) if found else None
    return (minor, "ARS") if minor else None


def minor_units(written: str) -> int | None:
    """Minor units of a written sum, Argentine ('12.500,50') or with the signs swapped ('12,500.50').

    >>> minor_units("12.500"), minor_units("12.500,5"), minor_units("1,234.00")
    (1250000, 1250050, 123400)
    """
    compact = written.replace(" ", ".")
    last = max(compact.rfind("."), compact.rfind(","))
    decimals = len(compact) - last - 1 if last >= 0 else 0
    has_cents = last >= 0 and decimals in (1, 2)
    whole = compact[:last] if has_cents else compact
    digits = re.sub(r"[.,]", "", whole)
    if not digits.isascii() or not digits.isdigit():
        return None
    cents = compact[last + 1 :].ljust(2, "0") if has_cents else "00"
    return int(digits) * 100 + int(cents) or None


# Day

_MONTH_NUMBER = {name: number for number, name in enumerate(MONTHS, start=1)}
_MONTH_NUMBER |= {name[:3]: number for name, number in _MONTH_NUMBER.items()} | {"setiembre": 9, "set": 9}
_NUMERIC = re.compile(
    r"(?<![0-9/.-])(?P<day>[0-3]?[0-9])[/.-](?P<month>[01]?[0-9])[/.-](?P<year>20[0-9]{2}|[0-9]{2})(?![0-9])"
)
_ISO = re.compile(r"(?<![0-9])(?P<year>20[0-9]{2})-(?P<month>[01][0-9])-(?P<day>[0-3][0-9])(?![0-9])")
_NAMES_OF_MONTHS = "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True))
_WORDS = re.compile(
    rf"(?<![0-9])(?P<day>[0-3]?[0-9])(?: ?de ?|[ /-]?)(?P<name>{_NAMES_OF_MONTHS})\.?(?: ?del?)?[ /,-]*"
    r"(?P<year>20[0-9]{2}|[0-9]{2}(?![0-9:]))"
)
_DAY_LABEL = _label(
    r"(?:fecha(?: y hora)?(?: (?:de|del) (?:la )?(?:operacion|transferencia|pago|ejecucion|emision|acreditacion|debito|"
    r"transaccion|movimiento))?|dia|realizada? el|creada? el|fecha valor)\b"
)
#: Days of something else than the payment.
_OTHER_DAY = re.compile(r"\b(?:vencimiento|vence|nacimiento|inicio de actividades|valido hasta|periodo)\b")


def _day(lines: list[str]) -> date | None:
    for value in _values(lines, _DAY_LABEL):
        found = _day_in(value)
        if found:
            return found
    for number, line in enumerate(lines):
        before = fold(lines[number - 1]) if number else ""
        if _OTHER_DAY.search(fold(line)) or _OTHER_DAY.fullmatch(before.rstrip(": ")):
            continue
        found = _day_in(line)
        if found:
            return found
    return None


def _day_in(line: str) -> date | None:
    folded = fold(line)
    for pattern in (_ISO, _NUMERIC, _WORDS):
        for found in pattern.finditer(folded):
            parts = found.groupdict()
            month = _MONTH_NUMBER.get(parts["name"]) if "name" in parts else int(parts["month"])
            year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
            try:
                return date(year, month or 0, int(parts["day"]))
            except ValueError:
                continue
    return None


# Operation number

_OPERATION_LABEL = _label(
    r"(?:(?:n(?:umero|ro\.?|[°º]|um\.?)|codigo|id|cod\.?|identificador)(?: (?:unico|interno))?"
    r"(?: (?:de|del|de la|la))* ?(?:operacion|comprobante|transaccion|transferencia|control|referencia|identificacion|"
    r"movimiento|autorizacion|pago|seguimiento|coelsa)"
    r"|(?:operacion|comprobante|transaccion|referencia|control)(?: (?:n(?:umero|ro\.?|[°º]|um\.?)|#))"
    r"|coelsa id|id coelsa|(?:operacion|referencia|transaccion)(?= ?[:#] ?[a-z0-9-]*[0-9]))"
    r"(?: de (?:la )?(?:operacion|transferencia|transaccion|mercado pago|coelsa|pago))*(?![a-z])"
)
_OPERATION = re.compile(r"#? ?(?P<id>[A-Za-z0-9][A-Za-z0-9./-]{3,40})(?![A-Za-z0-9])")
#: The bank's own number says more than codes that several systems give to the same payment.
_BEST_FIRST = ("operacion", "transaccion", "comprobante", "transferencia", "")


def _operation(lines: list[str]) -> str | None:
    candidates: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        label = _OPERATION_LABEL.match(fold(line))
        if not label:
            continue
        rest = line[label.end() :].lstrip(" :.-–")
        value = rest or (lines[number + 1] if number + 1 < len(lines) else "")
        found = _OPERATION.match(value)
        if found and sum(char.isdigit() for char in found["id"]) >= 4 and not _day_in(found["id"]):
            rank = next(at for at, word in enumerate(_BEST_FIRST) if word in label.group())
            candidates.append((rank, found["id"].rstrip(".")))
    return min(candidates, key=lambda one: one[0])[1] if candidates else None


# Who

_SENDER = _label(
    r"(?:de|desde|origen|ordenante|originante|remitente|enviado por|quien envia|titular(?: de la)?(?: cuenta)?"
    r"(?: (?:de )?(?:origen|debito|ordenante))|cuenta (?:de )?(?:origen|debito)|nombre del (?:ordenante|originante)|"
    r"datos del? (?:origen|ordenante|originante)|pagador|cliente|debitado de)(?![a-z])"
)
_RECIPIENT = _label(
    r"(?:para|a|destino|destinatario|beneficiario|quien recibe|recibe|titular(?: de la)?(?: cuenta)?"
    r"(?: (?:de )?(?:destino|credito))|titular destino|nombre del (?:destinatario|beneficiario)|"
    r"datos del? (?:destino|destinatario|beneficiario)|acreditado a|enviado a)(?![a-z])"
)
_NO_NAME = re.compile(
    r"\b(?:cuit|cuil|cbu|cvu|alias|banco|cuenta|caja|ahorro|pesos|mercado pago|motivo|concepto|fecha|importe|monto|"
    r"transferencia|varios|titular|numero|nro|dni|s\.?a\.?u?\.?|la operacion|comprobante|referencia|uala|brubank)\b"
    r"|[0-9@$]"
)
_NAME = re.compile(
    r"^(?:nombre(?: y apellido)?|titular|razon social)?[: ]*(?P<name>[a-zñ'.]+(?:[ ,]+[a-zñ'.]+){1,6})$"
)
_NAME_TAIL = re.compile(r"[ ,|-]*\b(?:cuit|cuil|dni|cvu|cbu|alias)\b.*$")


def _party(lines: list[str], label: re.Pattern[str]) -> str | None:
    """The first name after the label, within three lines."""
    for number, line in enumerate(lines):
        found = label.match(fold(line))
        if not found:
            continue
        rest = line[found.end() :].lstrip(" :.-–")
        following = lines[number + 1 : number + 4]
        for candidate in [rest, *following] if rest else following:
            name = _name_in(candidate)
            if name:
                return name
            if candidate is rest and not _NO_NAME.search(fold(candidate)):
                break  # 'De nuestra consideración...': a sentence, not a label
    return None


def _name_in(line: str) -> str | None:
    tail = _NAME_TAIL.search(fold(line))
    shown = line[: tail.start()] if tail else line
    folded = fold(shown)
    found = _NAME.match(folded)
    if not found or _NO_NAME.search(found["name"]) or not any(char.isupper() for char in shown):
        return None
    return " ".join(shown[found.start("name") : found.end("name")].replace(",", " ").split())
