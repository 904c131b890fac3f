"""On a line that several professionals share: whom a person means, from their words and from whom they know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, text
from sqlalchemy.orm import sessionmaker

from vallebot.domain.matching import Candidate, Nobody, One, decide, match
from vallebot.domain.text import fold
from vallebot.services.actor import Actor
from vallebot.services.identity import ProfesionalOption, profesionales_for

#: The code that a link of the professional puts into the first message: "Hola, quiero un turno [ana]".
LINK_CODE = re.compile(r"\[([a-z0-9-]{2,32})\]", re.IGNORECASE)

#: 'con Laura', 'con la masajista'; 'no con Ana' is no choice.
_WITH = re.compile(r"(?<!\bno )\bcon (?:la |el |lo de )?(?P<who>[^,.;!?\n]+)")

#: How people say who they are themselves: that name is not the professional's.
_MYSELF = re.compile(
    r"\b(?:soy|me llamo|mi nombre es|a nombre de|habla|te habla)\s+\S+(?:\s+[A-ZÁÉÍÓÚÑ]\S+)?"
)

#: A professional contacted within this time, and no other, is whom somebody means who names nobody.
RECENT = timedelta(days=30)

_SERVICIOS = text(
    "SELECT profesional_id, name, synonyms FROM servicios WHERE active AND profesional_id IN :ids ORDER BY id"
).bindparams(bindparam("ids", expanding=True))


@dataclass(frozen=True)
class Words:
    """What of a message may say whom it is about; `services`: what NLU took for names of services."""

    text: str
    services: Sequence[str] = ()


def whom(sessions: sessionmaker, actor: Actor, words: Words, *, now: datetime) -> list[ProfesionalOption]:
    """Those whom a client who has chosen nobody yet may mean: one to be taken, several to ask among.

    In this order: a link's code, a name, a trade or service, the only or only recent relationship; else all.
    """
    options = profesionales_for(sessions, actor)
    named = _by_code(options, words.text) or _by_name(options, _MYSELF.sub(" ", words.text))
    named = named or _by_offer(sessions, options, words)
    if named:
        return named
    related = [option for option in options if option.related]
    recent = [
        option
        for option in related
        if option.last_contact_at is not None and now - option.last_contact_at <= RECENT
    ]
    for known in (related, recent):
        if len(known) == 1:
            return known
    return options


def named_instead(sessions: sessionmaker, actor: Actor, words: str) -> ProfesionalOption | None:
    """The other professional whom a message asks for by a link's code or "con …"; None where it names nobody
    else, or not clearly. On a dedicated line there is nobody else."""
    code, asked = LINK_CODE.search(words), _WITH.search(fold(words))
    if code is None and asked is None:
        return None
    options = profesionales_for(sessions, actor)
    named = _by_code(options, words)
    if not named and asked is not None:
        named = _by_name(options, asked["who"]) or _by_trade(options, asked["who"])
    return named[0] if len(named) == 1 and named[0].id != actor.profesional_id else None


def _by_code(options: list[ProfesionalOption], words: str) -> list[ProfesionalOption]:
    codes = {found.lower() for found in LINK_CODE.findall(words)}
    return [option for option in options if option.code in codes]


def _by_name(options: list[ProfesionalOption], words: str) -> list[ProfesionalOption]:
    return _meant(options, words, [Candidate(option.id, option.name) for option in options], "person")


def _by_trade(options: list[ProfesionalOption], words: str) -> list[ProfesionalOption]:
    trades = [Candidate(option.id, option.trade) for option in options if option.trade]
    return _meant(options, words, trades, "service")


def _by_offer(
    sessions: sessionmaker, options: list[ProfesionalOption], words: Words
) -> list[ProfesionalOption]:
    """By what they do: their trade, or one of their services."""
    if not options:
        return []
    with sessions() as session:
        rows = session.execute(_SERVICIOS, {"ids": [option.id for option in options]}).all()
    offered = [
        Candidate((row.profesional_id, n), row.name, tuple(row.synonyms)) for n, row in enumerate(rows)
    ]
    for said in [*words.services, words.text]:
        named = _by_trade(options, said) or _meant(options, said, offered, "service")
        if named:
            return named
    return []


def _meant(
    options: list[ProfesionalOption], words: str, candidates: list[Candidate], kind: str
) -> list[ProfesionalOption]:
    """The options (keys of candidates: their id, or a pair that begins with it) that the words may mean."""
    decision = decide(match(words, candidates, kind=kind))  # type: ignore[arg-type]
    if isinstance(decision, Nobody):
        return []
    meant = (decision.candidate,) if isinstance(decision, One) else decision.candidates
    ids = {one.key[0] if isinstance(one.key, tuple) else one.key for one in meant}
    return [option for option in options if option.id in ids]
