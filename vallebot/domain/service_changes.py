"""What a message wants changed in a service that exists: 'subí el masaje a 20 lucas', 'pausá reflexología',
'aumentá todo un 10%', 'si cancelan tarde cobrales igual'. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from vallebot.domain.service_words import ServiceWords, as_price, read_service, wanted
from vallebot.domain.states import LateCancellation
from vallebot.domain.text import fold
from vallebot.domain.values import Amount, find_amounts

#: Prices after a percentage are round: nobody charges $ 13.337.
ROUND_TO_MINOR = 10_000

_PAUSE = re.compile(
    r"\b(?:paus\w+|desactiv\w+|deshabilit\w+|suspend\w+|ocult\w+|borr(?:a|alo|ala|ar)|elimin\w+|saca(?:lo|la|r)?|"
    r"(?:dar?|dame|dale) de baja|(?:ya )?no (?:hago|doy|ofrezco|hacemos|damos)(?: mas)?|"
    r"dej[eo] de (?:hacer|dar|ofrecer)|deja de ofrecer|no quiero que me pidan|no tomo mas|fren[ao])\b"
)
_RESUME = re.compile(
    r"\b(?:reactiv\w+|volv\w+ a (?:activar|ofrecer|hacer|dar|mostrar|poner)|vuelv[ae] a estar|habilit\w+|"
    r"mostra\w*|pone(?:lo|la)? de nuevo|activ(?:a|alo|ala|ar)|despaus\w+|reanud\w+)\b"
)
_CHARGE_LATE = re.compile(
    r"\bcobr(?:ales|arles|alo|ala|en|e|ar|es)\b.*|\bpag(?:uen|an|ue|a) igual\b|\bque paguen\b"
)
_ASK_LATE = re.compile(r"\bno (?:les |le |lo |la )?cobr\w+|\bpregunt\w+|\bconsult(?:ame|arme|alo)\b")
_LATE = re.compile(
    r"\b(?:tard[ei]\w*|sobre la hora|sin avisar|fuera de termino|a ultimo momento|cancelacion\w*|cancel\w+)\b"
)
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*(?:%|por ciento|porciento)")
_DOWN = re.compile(r"\b(?:baj\w+|descuento|menos|rebaj\w+|reduc\w+)\b")
_MORE = re.compile(r"^\s*(?:pesos\s+)?(?:mas|extra)\b")
_LESS = re.compile(r"^\s*(?:pesos\s+)?menos\b")
_ADD = re.compile(r"\b(?:sub[ia]les?|sumales?|aumentales?|agregales?|cobra(?:les?)?|mete(?:les?)?)\s+$")
_ALL = re.compile(r"\btod[oa]s?\b|\blos precios\b|\bmis precios\b")
_RENAME = re.compile(r"\b(?:nombre|renombr\w+|(?:se |que se )?llam[ae]\w*)\b")


@dataclass(frozen=True)
class ChangeWords:
    """What is to be different. `words.price_minor` is absolute; `delta_minor` and `percent` are added to the old
    price (both may be negative)."""

    words: ServiceWords
    delta_minor: int | None = None
    percent: float | None = None
    active: bool | None = None  #: False: pause, True: resume
    late_cancellation: str | None = None
    renames: bool = False
    everything: bool = False  #: 'todo', 'los precios': all services


def read_change(text: str, now: datetime, *, asked: str | None = None) -> ChangeWords:
    """What `text` wants changed; `asked` as in `read_service`."""
    folded = fold(text)
    words, delta, percent = read_service(text, now, asked=asked), _delta(text, folded), _percent(folded)
    if delta is not None or percent is not None:
        words = replace(words, price_minor=None, currency=None)
    late = _late(folded)
    resumed = _RESUME.search(folded)
    paused = not resumed and _PAUSE.search(folded) and words.price_minor is None and late is None
    return ChangeWords(
        words=words,
        delta_minor=delta,
        percent=percent,
        active=True if resumed else False if paused else None,
        late_cancellation=late,
        renames=bool(_RENAME.search(folded)),
        everything=bool(_ALL.search(folded)),
    )


def new_price(old_minor: int, change: ChangeWords) -> int | None:
    """The price after the change, never below nothing; None where the price stays."""
    if change.percent is not None:
        raised = round(old_minor * (100 + change.percent) / 100)
        return max(0, (raised + ROUND_TO_MINOR // 2) // ROUND_TO_MINOR * ROUND_TO_MINOR)
    if change.delta_minor is not None:
        return max(0, old_minor + change.delta_minor)
    return change.words.price_minor


def _percent(folded: str) -> float | None:
    found = _PERCENT.search(folded)
    if found is None:
        return None
    value = float(found[1].replace(",", "."))
    return -value if _DOWN.search(folded) else value


def _delta(text: str, folded: str) -> int | None:
    for amount in wanted(text, find_amounts(text)):
        assert isinstance(amount, Amount)
        before, after = folded[: amount.span[0]], folded[amount.span[1] :]
        if _LESS.match(after):
            return -as_price(amount)
        if _MORE.match(after) or (_ADD.search(before) and "cobra" not in before[-8:]):
            return as_price(amount)
    return None


def _late(folded: str) -> str | None:
    if not _LATE.search(folded):
        return None
    if _ASK_LATE.search(folded):
        return LateCancellation.CONSULTAR.value
    return LateCancellation.COBRAR.value if _CHARGE_LATE.search(folded) else None
