"""Sums of money: '15 lucas', '$12.500', 'doce mil', '5k', 'medio palo', 'una luca y media', '20 usd'.

A number without a sign of money is a sum only where it is written like one ('12.500') or where the words before it
say so ('te pago 5000'): house numbers, hours, dates, ages, phones and counts are none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from vallebot.domain.values.durations import find_durations
from vallebot.domain.values.first_names import FIRST_NAMES, NICKNAMES
from vallebot.domain.values.numbers import Number, read_number
from vallebot.domain.values.tokens import Span, Token, tokens_of, word_set

MINOR_PER_UNIT = 100  #: ARS, USD and EUR all have cents
LARGEST_UNITS = 10**9  #: larger "sums" are account or card numbers
SMALLEST_UNMARKED = 100  #: below it a number without a sign of money is a count, an hour or an age
#: From here on a grouped number without a sign of money is taken for a DNI ('30.111.222').
DNI_FROM = 5_000_000

_SCALES = {
    "luca": 1000, "lucas": 1000, "luka": 1000, "lukas": 1000, "luquita": 1000, "luquitas": 1000,
    "k": 1000, "mil": 1000, "miles": 1000,
    "gamba": 100, "gambas": 100, "palo": 10**6, "palos": 10**6, "palito": 10**6, "palitos": 10**6,
    "millon": 10**6, "millones": 10**6,
}  # fmt: skip
_PESOS = word_set("peso pesos pesitos mango mangos manguitos ars pe")
_DOLLARS = word_set("usd dolar dolares dls verdes verde dolarcitos")
_EUROS = word_set("euro euros eur €")
_CURRENCY = {**dict.fromkeys(_PESOS, "ARS"), **dict.fromkeys(_DOLLARS, "USD"), **dict.fromkeys(_EUROS, "EUR")}

#: What is counted, not paid.
_COUNTED = word_set("""
años año anios meses mes semanas semana dias dia horas hora hs h hrs min mins minuto minutos seg segundos
personas persona alumnos alumnas lugares lugar cupos clases clase sesiones sesion turnos veces vez cuotas km
kms kg kilos kilo metros mts m m2 cm cuadras cuadra grados puntos pacientes clientes gr gramos calorias cal ml
litros pasos repeticiones reps vueltas hojas paginas % gracias disculpas perdones besos abrazos chicos chicas
nenes nenas amigas amigos piso dto depto departamento bis e/ entre esquina esq
""")
#: Words right before a number that make it money.
_MONEY_BEFORE = word_set("""
pago pague pagar paga pagas pagaron pagame pagarte pagaste transferi transfiero transferir transfirio
transferencia transferencias mando mande mandar mando envio envie enviar deposite deposito depositar gire giro
son sale salen cuesta cuestan vale valen cobro cobra cobras cobrar cobre cobrame precio precios total monto
valor importe debo debe deben deuda seña señar senia sena cuota abono abone abonar abonando adelanto entrego
entregue resto saldo faltan falta quedan restan di dio deje dejo pase paso pasar puse pongo recibi recibio
entraron entro llegaron llego es era seria serian saldria costaria por x de a en los unos van va ahi recien ya
valer costar cobrarte esta subio sube efectivo mensual mes sesion clase turno : = + pesos pesitos plata guita
arancel honorarios bono coseguro consulta tarifa queda quedo subir subi sube aumento aumenta cobrando gaste
""")
#: Anywhere in the text: then '<name> 5000' is money too.
_MONEY_TALK = word_set("""
pago pague pagar paga pagaron transferi transfirio transferencia mando mande deposite deposito cobre cobrar
cobro seña efectivo debe debo abono plata precio sale cuesta vale
""")
#: Words right after a number that make it money ('25000 mensual', '8000 la clase').
_MONEY_AFTER = re.compile(
    r"(?:mensual(?:es)?|c u|por mes|al mes|(?:la|por|cada|x) (?:clase|sesion|consulta|hora|mes)|"
    r"(?:en |por )?(?:efectivo|transferencia|mp)|de seña)\b"
)
_NOT_MONEY_BEFORE = word_set("""
dni documento cuit cuil cuenta cbu cvu alias operacion op nro numero n° nº n comprobante ref referencia codigo
cp matricula mp mn legajo al altura calle av avenida ruta km año años piso dto depto telefono tel cel celular
whatsapp wsp
""") - {"mp"}
_YEAR_BEFORE = word_set("""
de del en año enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre
diciembre
""")
_FILLERS = word_set("""
si eh son serian seria es y por favor porfa gracias ok dale bueno el la los total de monto precio valor en a
unos aprox mas o menos cada una uno por
""")

_PHONE = re.compile(r"(?<![0-9.,])\+?\(?[0-9]{1,5}\)?(?:[ -]\(?[0-9]{2,8}\)?){1,6}(?![0-9.,])")
_DATE = re.compile(
    r"(?<![0-9/-])[0-9]{1,2}[/-][0-9]{1,2}(?:[/-](?:[0-9]{4}|[0-9]{2}))?(?![0-9/-])|(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?![0-9:])"
)
_WEB = re.compile(r"(?<!\S)(?=\S{0,80}?(?:@|https?:|www\.))\S+")
_MIN_PHONE_DIGITS = 8


@dataclass(frozen=True)
class Amount:
    """`minor`: whole minor units (cents), > 0; `currency`: ISO 4217; read from `text` at `span`."""

    minor: int
    currency: str
    span: Span
    text: str


def parse_amount(text: str, *, bare: bool = False) -> Amount | None:
    """The first sum in `text`. With `bare` (an answer to 'how much?') a lone number is a sum, however small."""
    found = find_amounts(text)
    if found:
        return found[0]
    return _lone_number(text) if bare else None


def find_amounts(text: str) -> list[Amount]:
    """All sums of money in `text`, in order of appearance."""
    tokens = tokens_of(text)
    closed = [duration.span for duration in find_durations(text)] + _other_numbers(text)
    blocked = _blocked_tokens(tokens, closed)
    reader = _Reader(text, tokens, blocked, any(token.word in _MONEY_TALK for token in tokens))
    found: list[Amount] = []
    at = 0
    while at < len(tokens):
        read = None if at in blocked else reader.read_at(at, after_amount=bool(found))
        if read:
            found.append(read[0])
        at = read[1] if read else at + 1
    return found


def _lone_number(text: str) -> Amount | None:
    tokens = [token for token in tokens_of(text) if token.word not in _FILLERS and token.word not in ".!,"]
    number = read_number(tokens, 0)
    if number is None or number.after != len(tokens) or _other_numbers(text):
        return None
    return _amount(text, number.value, "ARS", tokens[0].start, tokens[-1].end)


def _other_numbers(text: str) -> list[Span]:
    """Where phones, dates, times, e-mail and web addresses stand."""
    spans = [found.span() for pattern in (_DATE, _WEB) for found in pattern.finditer(text)]
    for found in _PHONE.finditer(text):
        if sum(char.isdigit() for char in found.group()) >= _MIN_PHONE_DIGITS:
            spans.append(found.span())
    return spans


def _blocked_tokens(tokens: Sequence[Token], spans: Sequence[Span]) -> set[int]:
    blocked: set[int] = set()
    ordered = sorted(spans)
    nth = 0
    for place, token in enumerate(tokens):
        while nth < len(ordered) and ordered[nth][1] <= token.start:
            nth += 1
        if nth < len(ordered) and ordered[nth][0] < token.end:
            blocked.add(place)
    return blocked


def _amount(text: str, value: Decimal, currency: str, start: int, end: int) -> Amount | None:
    minor = int((value * MINOR_PER_UNIT).to_integral_value())
    if not 0 < minor <= LARGEST_UNITS * MINOR_PER_UNIT:
        return None
    return Amount(minor, currency, (start, end), text[start:end])


def _tells(token: Token) -> bool:
    return (token.is_word or token.is_number) and token.word not in _FILLERS


class _Reader:
    """Reads one sum at a token; holds what all positions of one text share."""

    def __init__(self, text: str, tokens: Sequence[Token], blocked: set[int], money_talk: bool) -> None:
        self._text, self._tokens, self._blocked, self._money_talk = text, tokens, blocked, money_talk
        self._telling = sum(_tells(token) for token in tokens)

    def _word(self, at: int) -> str:
        return self._tokens[at].word if 0 <= at < len(self._tokens) and at not in self._blocked else ""

    def read_at(self, at: int, *, after_amount: bool) -> tuple[Amount, int] | None:
        """(sum, next token) of the sum that starts exactly at `at`."""
        currency, first = self._sign_before(at)
        value, after, scaled = self._scaled(first)
        if value is None:
            return None
        named, end = self._currency_after(after)
        marked = bool(currency or named or scaled)
        if not marked and not self._is_unmarked_sum(first, after, value, after_amount):
            return None
        if (
            scaled
            and not (currency or named)
            and self._word(after) in {"gracias", "disculpas", "besos", "perdones", "veces", "personas"}
        ):
            return None
        amount = _amount(
            self._text, value, named or currency or "ARS", self._tokens[at].start, self._tokens[end - 1].end
        )
        return (amount, end) if amount else None

    def _sign_before(self, at: int) -> tuple[str, int]:
        """('ARS', next) for '$', ('USD', next) for 'u$s', 'us$', 'usd'; ('', at) without a sign."""
        word, following, third = self._word(at), self._word(at + 1), self._word(at + 2)
        if (word in {"u", "us"} and following == "$") and third in {"s", "d", "b"}:
            return "USD", at + 3
        if word in {"u", "us"} and following == "$":
            return "USD", at + 2
        if word == "$":
            return "ARS", at + 1
        if word in _CURRENCY and word not in {"pe", "verde", "verdes"} and self._starts_number(at + 1):
            return _CURRENCY[word], at + 1
        return "", at

    def _starts_number(self, at: int) -> bool:
        return bool(self._word(at)) and self._tokens[at].is_number

    def _scaled(self, at: int) -> tuple[Decimal | None, int, bool]:
        """(value, next token, whether a scale word or 'mil' makes it money)."""
        word = self._word(at)
        if (
            word in {"medio", "media"}
            and _SCALES.get(self._word(at + 1), 0)
            and self._word(at + 1) not in {"mil", "k"}
        ):
            return Decimal(_SCALES[self._word(at + 1)]) / 2, at + 2, True
        if (
            word in {"palo", "luca", "luka", "gamba"}
            and self._word(at + 1) == "y"
            and self._word(at + 2) in {"medio", "media"}
        ):
            return Decimal(_SCALES[word]) * 3 / 2, at + 3, True
        number = read_number(self._tokens, at) if word else None
        if number is None:
            return None, at, False
        scale = _SCALES.get(self._word(number.after), 0)
        if not scale:
            spelt_thousands = number.in_words and any(
                self._word(place) == "mil" for place in range(at, number.after)
            )
            sum_of_money = spelt_thousands and number.after - at > 1 and not self._is_year(at, number.value)
            return number.value, number.after, sum_of_money
        return self._with_rest(number, scale)

    def _with_rest(self, number: Number, scale: int) -> tuple[Decimal, int, bool]:
        """'15 mil quinientos', '2 lucas 500', 'un palo doscientos', '15 lucas y media', '2 palos y medio'."""
        value = number.value if number.value >= 1000 and scale == 1000 else number.value * scale
        after = number.after + 1
        if self._word(after) == "y" and self._word(after + 1) in {"medio", "media"}:
            return value + Decimal(scale) / 2, after + 2, True
        step = 1 if self._word(after) in {"con", "y"} else 0
        rest = read_number(self._tokens, after + step) if self._word(after + step) else None
        if rest is None or rest.value != int(rest.value) or self._word(rest.after) in _COUNTED:
            return value, after, True
        if step and (scale == 10**6 or not rest.in_words):
            return value, after, True
        if 100 <= rest.value < 1000 and scale in {1000, 10**6}:
            if scale == 10**6 and self._word(rest.after) != "mil":
                return value + rest.value * 1000, rest.after, True
            return value + rest.value, rest.after, True
        if scale == 10**6 and rest.value < 10**6 and rest.value >= 1000:
            return value + rest.value, rest.after, True
        return value, after, True

    def _currency_after(self, at: int) -> tuple[str, int]:
        word = self._word(at)
        if word == "$":
            return "ARS", at + 1
        if word in {"u", "us"} and self._word(at + 1) == "$":
            return "USD", at + (3 if self._word(at + 2) in {"s", "d"} else 2)
        if word == "de" and self._word(at + 1) in {"pesos", "dolares"}:
            return _CURRENCY[self._word(at + 1)], at + 2
        return (_CURRENCY[word], at + 1) if word in _CURRENCY else ("", at)

    def _is_year(self, at: int, value: Decimal) -> bool:
        return 1900 <= value <= 2100 and self._word(at - 1) in _YEAR_BEFORE

    def _is_unmarked_sum(self, first: int, after: int, value: Decimal, after_amount: bool) -> bool:
        """Whether a number without '$', 'pesos', 'lucas' is money: by how it is written and what stands around."""
        if value < SMALLEST_UNMARKED or self._word(after) in _COUNTED or self._touches(after):
            return False
        written, before = self._tokens[first].word, self._word(first - 1)
        if before in _NOT_MONEY_BEFORE or self._is_year(first, value):
            return False
        grouped = "." in written or "," in written
        if grouped:
            return value < DNI_FROM
        if self._tokens[first].is_number and len(written) > 7:
            return False
        following = " ".join(self._word(place) for place in range(after, after + 2))
        if _MONEY_AFTER.match(following):
            return True
        return self._alone(first, after) or self._said_as_money(first, before, after_amount)

    def _said_as_money(self, first: int, before: str, after_amount: bool) -> bool:
        if before in _MONEY_BEFORE or (after_amount and before in {"y", "o", "mas"}):
            return True
        if before == "" and first - 1 in self._blocked:  # 'masaje 60 min 15000'
            return True
        named = before in FIRST_NAMES or before in NICKNAMES
        return (
            self._money_talk
            and named
            and self._word(first - 2) not in {"san", "santa", "calle", "general", "gral"}
        )

    def _alone(self, first: int, after: int) -> bool:
        """Nothing else is said."""
        return self._telling == sum(_tells(token) for token in self._tokens[first:after])

    def _touches(self, after: int) -> bool:
        """'4500b', '3ro': letters glued to the number make it a name of something."""
        if not 0 < after < len(self._tokens):
            return False
        return self._tokens[after].start == self._tokens[after - 1].end and self._tokens[after].word not in {
            ".",
            ",",
            "!",
            "?",
            ")",
            "-",
            ";",
            "…",
        }
