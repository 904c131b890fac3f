"""Lengths of time in minutes: 'una hora y media', "45'", '1h30', 'hora y cuarto'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from vallebot.domain.values.numbers import read_number
from vallebot.domain.values.tokens import Span, Token, tokens_of

HOUR_UNITS = frozenset(
    {"hora", "horas", "ora", "oras", "h", "hs", "hr", "hrs", "hra", "hras", "horita", "horitas"}
)
MINUTE_UNITS = frozenset(
    {"minuto", "minutos", "minuito", "minutito", "minutitos", "min", "mins", "mn", "'", "’", "′", "´"}
)
#: Words before a number that make it a time of the day ('a las 3 hs', 'tipo 2 hs', 'de 2 a 4 hs'), not a length.
CLOCK_MARKERS = frozenset({"las", "la", "tipo", "desde", "hasta", "entre", "a", "despues", "antes", "lunes", "martes",
                           "miercoles", "jueves", "viernes", "sabado", "domingo", "mañana", "hoy"})  # fmt: skip
#: '8hs' is a time of the day; '2hs' is a length. Spelt out ('8 horas') it is always a length.
LONGEST_ABBREVIATED_HOURS = 4
LONGEST_MINUTES = 7 * 24 * 60  #: a week; anything longer is no session and no notice
#: Bare answers to "how long?": up to this they are hours, above minutes ("1" -> 60, "60" -> 60).
LONGEST_BARE_HOURS = 4

#: 'dura 60', 'sesiones de 50': bare numbers in this range are minutes after a word of length.
SHORTEST_UNITLESS, LONGEST_UNITLESS = 10, 240
_SAY_LENGTH = frozenset({"dura", "duran", "durar", "duracion", "duraria"})
_SESSIONS = frozenset({"sesion", "sesiones", "clases"})

_HALVES = {"media": 30, "cuarto": 15, "pico": 0, "½": 30}


@dataclass(frozen=True)
class Duration:
    """`minutes` > 0, read from `text` at `span`."""

    minutes: int
    span: Span
    text: str


def parse_duration(text: str, *, bare: bool = False) -> Duration | None:
    """The first duration in `text`. With `bare`, a text that is only a number counts too (an answer to 'how long?')."""
    found = find_durations(text)
    if found:
        return found[0]
    return _bare_number(text) if bare else None


def find_durations(text: str) -> list[Duration]:
    """All durations in `text`, in order. Times of the day ('18hs', 'a las 3') are none."""
    tokens = tokens_of(text)
    found, at = [], 0
    while at < len(tokens):
        read = _read_at(tokens, at)
        if read is None or not 0 < read[0] <= LONGEST_MINUTES:
            at += 1
            continue
        minutes, after = read
        span = (tokens[at].start, tokens[after - 1].end)
        found.append(Duration(minutes, span, text[span[0] : span[1]]))
        at = after
    return found


def _bare_number(text: str) -> Duration | None:
    tokens = [token for token in tokens_of(text) if token.word not in {".", "!", "de", "son"}]
    number = read_number(tokens, 0)
    if number is None or number.after != len(tokens) or not 0 < number.value <= LONGEST_MINUTES:
        return None
    minutes = int(number.value * 60 if number.value <= LONGEST_BARE_HOURS else number.value)
    span = (tokens[0].start, tokens[-1].end)
    return Duration(minutes, span, text[span[0] : span[1]]) if minutes else None


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].word if 0 <= at < len(tokens) else ""


def _read_at(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """(minutes, next position) of the duration that starts exactly at token `at`."""
    return _read_fraction(tokens, at) or _read_bare_hour(tokens, at) or _read_counted(tokens, at)


def _read_fraction(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """'media hora', '½ hora', '1/2 hora', 'cuarto de hora', 'tres cuartos de hora'."""
    word = _word(tokens, at)
    if word in {"media", "½"} and _word(tokens, at + 1) in HOUR_UNITS:
        return 30, at + 2
    slash = [_word(tokens, at + step) for step in range(4)]
    if slash[0] == "1" and slash[1] == "/" and slash[2] == "2" and slash[3] in HOUR_UNITS:
        return 30, at + 4
    if word == "cuarto" and _word(tokens, at + 1) == "de" and _word(tokens, at + 2) == "hora":
        return 15, at + 3
    if word in {"tres", "3"} and [_word(tokens, at + step) for step in (1, 2, 3)] == [
        "cuartos",
        "de",
        "hora",
    ]:
        return 45, at + 4
    return None


def _read_bare_hour(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """'hora y media', 'horita y cuarto': without a number it needs its fraction."""
    if _word(tokens, at) in {"hora", "horita", "ora"} and _word(tokens, at + 1) == "y":
        part = _word(tokens, at + 2)
        if part in {"media", "cuarto", "pico"}:
            return 60 + _HALVES[part], at + 3
    return None


def _read_counted(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    after_colon = _word(tokens, at - 1) == ":" and _word(tokens, at - 2)[:1].isdigit()
    if _word(tokens, at) in {"/", ":"} or _word(tokens, at - 1) in {"/", "$"} or after_colon:
        return None
    clock = _read_colon(tokens, at)
    if clock:
        return clock
    number = read_number(tokens, at)
    if number is None:
        return None
    value, position = number.value, number.after
    if _word(tokens, position) == "½":
        value, position = value + Decimal("0.5"), position + 1
    if [_word(tokens, position + step) for step in range(3)] == ["1", "/", "2"]:
        value, position = value + Decimal("0.5"), position + 3
    unit = _word(tokens, position)
    if unit in MINUTE_UNITS or (unit == "m" and tokens[position].start == tokens[position - 1].end):
        return int(value), position + 1
    if unit not in HOUR_UNITS:
        return _read_unitless(tokens, at, position, value)
    if _is_clock(tokens, at, value, unit):
        return None
    return _with_minutes(tokens, position + 1, int(value * 60))


def _read_unitless(tokens: Sequence[Token], at: int, after: int, value: Decimal) -> tuple[int, int] | None:
    """'dura 60', 'sesiones de 50': minutes, where the word before says that it is a length."""
    before = at - 1 if _word(tokens, at - 1) not in {"de", "es", "unos", ":"} else at - 2
    says_length = _word(tokens, before) in _SAY_LENGTH or (
        before < at - 1 and _word(tokens, before) in _SESSIONS
    )
    plain = value == int(value) and SHORTEST_UNITLESS <= value <= LONGEST_UNITLESS
    closed = (
        after >= len(tokens)
        or not tokens[after].is_word
        or tokens[after].word in {"y", "a", "con", "los", "las", "en"}
    )
    return (int(value), after) if says_length and plain and closed else None


def _read_colon(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """'1:30 h', '1.30 hs' up to four hours; a bare '1:30' is a time of the day."""
    written = _word(tokens, at)
    hours, colon, minutes = written.partition(":" if ":" in written else ".")
    if not (colon and hours.isdigit() and minutes.isdigit() and len(hours) <= 2 and len(minutes) == 2):
        return None
    if _word(tokens, at + 1) not in HOUR_UNITS or _is_clock(
        tokens, at, Decimal(hours), _word(tokens, at + 1)
    ):
        return None
    return int(hours) * 60 + int(minutes), at + 2


def _is_clock(tokens: Sequence[Token], at: int, hours: Decimal, unit: str) -> bool:
    if _word(tokens, at - 1) in CLOCK_MARKERS and not unit.startswith(("hora", "ora")):
        return True
    if _word(tokens, at - 1) in {"las"}:
        return True
    return (
        unit in {"h", "hs", "hr", "hrs"}
        and hours > LONGEST_ABBREVIATED_HOURS
        and hours not in {24, 36, 48, 72}
    )


def _with_minutes(tokens: Sequence[Token], at: int, minutes: int) -> tuple[int, int]:
    """Adds 'y media', 'y cuarto', '30', 'y 20 minutos' after the hours; returns (minutes, next position)."""
    step = 1 if _word(tokens, at) in {"y", "con"} else 0
    part = _word(tokens, at + step)
    if step and [_word(tokens, at + step + ahead) for ahead in range(3)] == ["1", "/", "2"]:
        return minutes + 30, at + step + 3
    if step and part in _HALVES:
        return minutes + _HALVES[part], at + step + 1
    number = read_number(tokens, at + step)
    if number is None or not 0 < number.value < 60 or number.value != int(number.value):
        return minutes, at
    has_unit = _word(tokens, number.after) in MINUTE_UNITS or _word(tokens, number.after) == "m"
    touching = not step and not number.in_words and tokens[at].start == tokens[at - 1].end
    alone = number.after >= len(tokens) or not tokens[number.after].is_word
    if has_unit or touching or (alone and number.value >= 5 and number.value % 5 == 0):
        return minutes + int(number.value), number.after + has_unit
    return minutes, at
