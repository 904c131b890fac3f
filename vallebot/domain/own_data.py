"""What people want changed in their own data: 'mi mail es ana@gmail.com', 'el alias es laura.mp', 'quiero confirmar yo
cada turno', 'mandame la agenda a las 8', 'recordatorio un día antes nomás'. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time

from vallebot.domain.cuando import interpret
from vallebot.domain.text import fold
from vallebot.domain.values import find_durations, parse_email, parse_name

DAY_MINUTES, DAYS_PER_WEEK, DAYS_PER_MONTH = 1440, 7, 30

_NAMING = re.compile(
    r"\b(?:me llamo|mi nombre|mi apellido|nombre|llama(?:me|rme)|pone(?:me)? como|figur\w+|soy)\b"
)
_REPLACED = re.compile(r"\b(?:de|no|que)\s*$")
#: A bank alias has 6 to 20 characters: letters, digits, dots and dashes (BCRA, communication A 6044).
_ALIAS = re.compile(
    r"\balias\b(?:\s+(?:es|nuevo|ahora|de|mp|mercado ?pago|cambio|a|por|para|transferir|pone|mi))*\s*[:=]?\s*"
    r"(?P<alias>[a-z0-9][a-z0-9.-]{5,19})(?![\w@.-])"
)
_CBU = re.compile(r"(?<!\d)(?:\d[ .-]?){21}\d(?!\d)")
_REMINDER = re.compile(r"\brec(?:ord|uerd)\w+|\bavis(?:a|o|os|es|enme)\b|\bnotific\w+")
_AGAIN = re.compile(
    r"\b(?:volver a recibir|otra vez|de nuevo|de vuelta|reactiv\w+|activa\w*|"
    r"quiero (?:que me avis\w+|recibir|los))\b"
)
_CONFIRM = re.compile(r"\b(?:confirm\w+|acept\w+|aprob\w+|reserv\w+)\b")
_BY_ITSELF = re.compile(
    r"\b(?:automatic\w+|sol[oa]s|directo|directamente|al toque|sin preguntar\w*|de una)\b"
)
_BY_HAND = re.compile(
    r"\b(?:yo|manual\w*|pregunt\w+|consult\w+|a mano|uno por uno|cada (?:turno|pedido|reserva))\b"
)
_AGENDA = re.compile(r"\bagenda\b")
_NOTICE = re.compile(
    r"\b(?:anticipacion|antelacion|aviso minimo|minimo|de un momento a otro|sobre la hora)\b"
)
_HORIZON = re.compile(
    r"\b(?:hasta|maximo|no mas de|abr\w+|a)\s+(?P<count>\d{1,3}|un|una|dos|tres|cuatro|seis)\s+"
    r"(?P<unit>dias|semanas?|mes(?:es)?)\b(?=.*\b(?:futuro|adelante|anticipacion|agenda|reserv\w+)\b)"
)
_DAY_BEFORE = re.compile(r"\b(?:un dia antes|el dia (?:anterior|antes)|la noche anterior)\b")
_COUNTS = {"un": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "seis": 6}
_FORGET = re.compile(r"\b(?:borr\w+|elimin\w+|saq\w+)\b.*\b(?:datos|informacion|todo lo mio|cuenta)\b")
_PHONE = re.compile(r"\b(?:numero|celular|celu|telefono|cel)\b")


@dataclass(frozen=True)
class OwnData:
    """What was told; None where it was not. Minutes before a session, days ahead of today."""

    name: str | None = None
    email: str | None = None
    notices: bool | None = None  #: wants reminders and broadcasts again
    reminder_minutes: tuple[int, ...] | None = None
    payment_alias: str | None = None
    payment_cbu: str | None = None
    auto_confirm: bool | None = None
    minimum_notice_minutes: int | None = None
    horizon_days: int | None = None
    agenda_time: time | None = None
    forget: bool = False  #: wants everything deleted
    phone: bool = False  #: speaks of another phone


def read_own_data(
    text: str, now: datetime, *, names: tuple[str, ...] = (), asked_name: bool = False
) -> OwnData:
    """What `text` wants changed. `names`: persons that were found in it; the last one is the new name."""
    folded = fold(text)
    minutes = tuple(sorted({duration.minutes for duration in find_durations(text)}, reverse=True))
    before = (*((DAY_MINUTES,) if _DAY_BEFORE.search(folded) else ()), *minutes)
    reminding = bool(_REMINDER.search(folded)) and not _AGENDA.search(folded)
    alias, cbu = _ALIAS.search(folded), _CBU.search(text)
    noticing = bool(_NOTICE.search(folded)) and not reminding
    return OwnData(
        name=_name(text, folded, names, asked_name) if not alias else None,
        email=parse_email(text),
        notices=True if reminding and _AGAIN.search(folded) and not before else None,
        reminder_minutes=before if reminding and before else None,
        payment_alias=alias["alias"] if alias else None,
        payment_cbu=re.sub(r"\D", "", cbu.group()) if cbu else None,
        auto_confirm=_auto_confirm(folded),
        minimum_notice_minutes=before[-1] if noticing and before else None,
        horizon_days=_horizon(folded),
        agenda_time=_agenda_time(text, folded, now),
        forget=bool(_FORGET.search(folded)),
        phone=bool(_PHONE.search(folded)),
    )


def _name(text: str, folded: str, names: tuple[str, ...], asked: bool) -> str | None:
    naming = list(_NAMING.finditer(folded))
    if not asked and (not naming or "_" in text):  # an identifier is nobody's name
        return None
    called = _named_after(folded, naming[-1].end(), names) if naming else None
    if called is None and len(names) == 1:
        called = names[0]
    if called is not None:
        return parse_name(called) or called
    return None if names else parse_name(text)


def _named_after(folded: str, start: int, names: tuple[str, ...]) -> str | None:
    """The first of the names behind the word that names: not whom it replaces ("de Ana a Anita", "no Carlos")."""
    found = [(folded.find(fold(name), start), name) for name in names]
    behind = [(place, name) for place, name in sorted(found) if place >= 0]
    new = [name for place, name in behind if not _REPLACED.search(folded[start:place])]
    return next(iter(new), None)


def _auto_confirm(folded: str) -> bool | None:
    if not _CONFIRM.search(folded):
        return None
    if _BY_ITSELF.search(folded):
        return not re.search(r"\bno\b", folded)
    return False if _BY_HAND.search(folded) else None


def _agenda_time(text: str, folded: str, now: datetime) -> time | None:
    found = interpret(text, now) if _AGENDA.search(folded) else None
    return (
        found.start if found is not None and found.kind == "time" and isinstance(found.start, time) else None
    )


def _horizon(folded: str) -> int | None:
    found = _HORIZON.search(folded)
    if found is None:
        return None
    count = int(_COUNTS.get(found["count"], 0) or found["count"])
    unit = (
        DAYS_PER_MONTH if found["unit"].startswith("mes") else DAYS_PER_WEEK if found["unit"][0] == "s" else 1
    )
    return count * unit
