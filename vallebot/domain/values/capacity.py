"""How many fit: 'cupo 10', 'hasta 8 personas', 'somos máximo 12', '10 lugares'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vallebot.domain.values.durations import find_durations
from vallebot.domain.values.numbers import read_number
from vallebot.domain.values.tokens import Span, Token, tokens_of, word_set

LARGEST = 1000  #: a class for more is a typo or a price

_PEOPLE = word_set("""
persona personas alumno alumnos alumna alumnas lugar lugares cupo cupos vacante vacantes participante participantes
integrante integrantes asistente asistentes gente chicos chicas nenes nenas niños niñas paciente pacientes inscriptos
inscriptas colchonetas camillas bicis mats puestos mujeres adultos estudiantes plazas
""")
_BEFORE = word_set("""
cupo cupos capacidad maximo max maxima tope limite entran caben somos vacantes lugares aforo son seremos
admito acepto recibo
""")
_GROUP = word_set("grupo grupos grupal grupales grupito grupitos")
_LINKS = word_set(
    "de es son : = para hasta maximo max a un unos total seria como mucho limitado por clase el la = x"
)
_NOT_PEOPLE = word_set("""
hs h hora horas min minuto minutos pesos lucas luca k mil usd dolares años año meses mes semanas dias dia
veces clases sesiones kg km cuotas palos $ % usd am pm
""")


@dataclass(frozen=True)
class Capacity:
    """`people` in 1..LARGEST, read from `text` at `span`."""

    people: int
    span: Span
    text: str


def parse_capacity(text: str, *, bare: bool = False) -> Capacity | None:
    """The number of people or places. With `bare` (an answer to 'how many fit?') a lone number counts."""
    tokens = tokens_of(text)
    closed = [duration.span for duration in find_durations(text)]
    for at, token in enumerate(tokens):
        number = read_number(tokens, at)
        if number is None or (
            token.word in {"un", "una", "uno"} and _word(tokens, number.after) not in _PEOPLE
        ):
            continue
        if any(start <= token.start < end for start, end in closed) or number.value != int(number.value):
            continue
        if not 1 <= number.value <= LARGEST or not _is_of_people(tokens, at, number.after, bare):
            continue
        end = number.after + (_word(tokens, number.after) in _PEOPLE)
        span = (token.start, tokens[end - 1].end)
        return Capacity(int(number.value), span, text[span[0] : span[1]])
    return None


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].word if 0 <= at < len(tokens) else ""


def _is_of_people(tokens: Sequence[Token], at: int, after: int, bare: bool) -> bool:
    following = _word(tokens, after)
    if following in _NOT_PEOPLE or _word(tokens, at - 1) in {"$", "las"}:
        return False
    if following in _PEOPLE:
        return True
    before = at - 1
    while before >= 0 and at - before <= 4 and tokens[before].word in _LINKS - _BEFORE:
        before -= 1
    if _word(tokens, before) in _BEFORE | _GROUP:
        return True
    phrase = " ".join(token.word for token in tokens[max(0, at - 3) : at])
    if phrase.endswith(("como mucho", "no mas de", "a lo sumo", "como maximo", "no mas que", "de a")):
        return True
    return bare and all(
        token.word in _LINKS or not token.is_word for token in [*tokens[:at], *tokens[after:]]
    )
