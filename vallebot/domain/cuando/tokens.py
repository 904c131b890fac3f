"""Text to items: words, numbers, written dates and hours; amounts and phone numbers are set aside as JUNK."""

from __future__ import annotations

import re

from vallebot.domain.cuando.cascade import Item, Tags
from vallebot.domain.cuando.lexicon import number_tags, tags_of
from vallebot.domain.cuando.vocabulary import MONTHS, WEAK_WEEKDAYS, WEEKDAYS
from vallebot.domain.text import fold

MAX_CHARS = 5_000  #: a WhatsApp text holds 4096; what lies beyond is not read
MAX_ITEMS = 1_000  #: items that are looked at in one text, and
MAX_CUES = 120  #: how many of them may be numbers or words of time (of a long story the last ones), so garbage is cheap

_TOKEN = re.compile(
    r"""
      (?P<link>(?<![\w.])[\w.+-]{1,64}@[\w.-]{1,64}|(?:https?://|www\.)\S{1,200})
    | (?P<ymd>[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2})(?![0-9])
    | (?P<dmy>[0-9]{1,2}(?P<sep>[/.-])[0-9]{1,2}(?P=sep)(?:[0-9]{4}|[0-9]{2}))(?![0-9/]|[.-][0-9])
    | (?P<dmcomma>[0-9]{1,2}/[0-9]{1,2},[0-9]{2})(?![0-9:])
    | (?P<amount>(?:u?\$|usd|ars)\s?[0-9][0-9.,]{0,15}
        | [0-9]{1,3}(?:\.[0-9]{3}){1,5}(?:,[0-9]+)?(?![0-9])
        | [0-9][0-9.,]{0,15}\s?(?:%|(?:mil|k|pesos|lucas?|palos?|usd|dolares|euros?|kg|kilos?|km|cm|mts?)\b))
    | (?P<phone>\+?[0-9](?:[\s()-]{0,2}[0-9]){7,25})(?![0-9]|[./:][0-9])
    | (?P<always>(?<![0-9])24/7(?![0-9/]))
    | (?P<fraction>(?<![0-9])1/[24](?=\s*(?:hs?\b|hora|kilo|kg|litro|dia\b|jornada)))
    | (?P<dm>[0-9]{1,2}/[0-9]{1,2})(?![0-9/])
    | (?P<my>[0-9]{1,2}[./][0-9]{4}|[0-9]{4}[./][0-9]{1,2})(?![0-9])
    | (?P<hm>[0-9]{1,2}(?::|\.|h|,)[0-9]{2})(?![0-9]|[.,][0-9])
    | (?P<ordinal>[0-9]{1,2}(?:ero|era|ro|er|ra|do|da|to|ta|mo|ma|vo|va|no|na|\.?\s?[ºª°])(?![^\W\d_]))
    | (?P<number>[0-9]+)
    | (?P<half>(?<![^\W\d_])[ap]\s?\.?\s?m(?![^\W\d_])\.?)
    | (?P<word>[^\W\d_]+(?:-de-[^\W\d_]+)?)
    | (?P<mark>[^\s\w])
    """,
    re.VERBOSE,
)


def tokenize(text: str) -> list[Item]:
    """The items of `text`, each with its character range; at most `MAX_CUES` of them could mean time."""
    text = text[:MAX_CHARS]
    folded = text.lower() if text.isascii() else fold(text).replace("ñ", "n")
    items: list[Item] = []
    cues: list[int] = []
    for found in _TOKEN.finditer(folded):
        tags = _tags(found)
        if tags is None or (found["mark"] == "." and _ends_abbreviation(items, found.start())):
            continue
        _note_shape(tags, text, found)
        if len(tags) > 2 or not (found["word"] or found["mark"]):
            cues.append(len(items))
        items.append(Item(tags, found.start(), found.end()))
        if len(items) == MAX_ITEMS:
            break
    return items[cues[-MAX_CUES] :] if len(cues) > MAX_CUES else items


def _tags(found: re.Match[str]) -> Tags | None:
    kind, text = found.lastgroup, found[0]
    if kind == "sep":
        kind = "dmy"
    if kind == "word":
        return dict(tags_of(text))
    if kind == "number":
        return number_tags(int(text[:9]), digits=text)
    if kind == "mark":
        return {text: None, "MARK": None}
    if kind == "half":
        return {"AMPM": text[0] + "m"}
    if kind == "ordinal":
        number = int(re.match("[0-9]+", text)[0])  # type: ignore[index]
        return {"ORDINAL": number, "DAYORD": number} if 1 <= number <= 31 else {"JUNK": None}
    if kind == "fraction":
        return {"FRACTION": 30 if text == "1/2" else 15, "media": None}
    if kind in ("amount", "phone", "always", "link"):
        return {"JUNK": None}
    return _written(kind or "", [int(number) for number in re.findall("[0-9]+", text)], text)


def _written(kind: str, numbers: list[int], text: str) -> Tags | None:
    """Dates and hours in figures. Month and day change places where only that makes a date (04/21/2016)."""
    if kind == "ymd":
        return {"DATE": (numbers[2], numbers[1], numbers[0])}
    if kind in ("dmy", "dmcomma"):
        year = numbers[2] if numbers[2] > 99 else numbers[2] + (2000 if numbers[2] < 50 else 1900)
        return {"DATE": (*_day_month(numbers[0], numbers[1]), year)}
    if kind == "dm":
        return {"DATE": (*_day_month(numbers[0], numbers[1]), None), "DM": None}
    if kind == "my":
        year, month = max(numbers), min(numbers)
        if 1900 <= year <= 2100 and 1 <= month <= 12:
            return {"MONTHYEAR": (month, year)}
        return {"JUNK": None}
    return _written_hour(numbers, text)


def _written_hour(numbers: list[int], text: str) -> Tags:
    hour, minute = numbers
    tags: Tags = {}
    if hour <= 24 and minute < 60 and "," not in text:
        tags["HM"] = (hour, minute)
        if text.startswith("0"):
            tags["PADDED"] = None
        if "." in text:
            tags["DOTTED"] = None
    elif hour <= 24 and minute < 60:
        tags["HMCOMMA"] = (hour, minute)
    day, month = _day_month(hour, minute)
    if "." in text and 1 <= day <= 31 and 1 <= month <= 12:
        tags["DOTDATE"] = (day, month, None)
    return tags or {"JUNK": None}


def _day_month(first: int, second: int) -> tuple[int, int]:
    return (second, first) if second > 12 and first <= 12 else (first, second)


def _note_shape(tags: Tags, text: str, found: re.Match[str]) -> None:
    """Marks a capital letter, which tells Abril the person from abril the month."""
    if found["word"] and text[found.start()].isupper():
        tags["CAPITAL"] = None


def _ends_abbreviation(items: list[Item], at: int) -> bool:
    """The full stop of 'mié.' or 'Dic.' says nothing."""
    if not items or items[-1].end != at or not items[-1].has("WEEKDAY", "WEAKDAY", "MONTH", "NEXTWORD"):
        return False
    word = items[-1].get("WORD")
    if word in WEAK_WEEKDAYS:
        if len(items) > 1 and not items[-2].has("el", "para"):
            return False
        items[-1] = Item(
            {**items[-1].tags, "WEEKDAY": WEAK_WEEKDAYS[word]}, items[-1].start, items[-1].end + 1
        )
        return True
    return (len(word) <= 4 and (word in MONTHS or word in WEEKDAYS)) or word == "proximo"
