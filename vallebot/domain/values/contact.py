"""E-mail addresses and phone numbers as people dictate and type them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

from vallebot.domain.text import fold
from vallebot.domain.values.tokens import Span

MAX_EMAIL_CHARS = 254  #: RFC 5321, as corrected by errata 1690
MAX_TEXT_CHARS = 4096  #: a WhatsApp text is no longer (Cloud API, text body)

_SPOKEN_AT = re.compile(r"\s+arroba\s+|\s*\(arroba\)\s*|\s+@\s*|@\s+", re.IGNORECASE)
_SPOKEN_DOT = re.compile(r"\s+punto\s+", re.IGNORECASE)
_EMAIL = re.compile(
    r"(?<![\w.+-])[a-z0-9_%+-]{1,64}(?:\.[a-z0-9_%+-]{1,64}){0,8}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.,$/:])(?:\+\s?|00)?\(?[0-9][0-9\s().\-]{4,24}[0-9](?![\w/:]|[.,][0-9])")

ARGENTINA = 54
BUENOS_AIRES = "11"  #: the only area with eight-digit local numbers


@dataclass(frozen=True)
class Phone:
    """`e164` with '+', `wa_id` as WhatsApp names the number (digits only); Argentine numbers are taken as mobiles."""

    e164: str
    wa_id: str
    span: Span
    text: str


def parse_email(text: str) -> str | None:
    """The first e-mail address, lower case; also dictated ('ana arroba gmail punto com')."""
    text = text[:MAX_TEXT_CHARS]
    for version in (text, _SPOKEN_DOT.sub(".", _SPOKEN_AT.sub("@", text))):
        for found in _EMAIL.finditer(version):
            address = found.group().lower().rstrip(".-")
            top_level = address.rpartition(".")[2]
            if top_level.isalpha() and len(top_level) >= 2 and len(address) <= MAX_EMAIL_CHARS:
                return address
    return None


def parse_phone(text: str, *, region: str = "AR", area: str | None = None) -> Phone | None:
    """The first phone number in `text`; national numbers are read as of `region` (ISO 3166).

    `area` completes Argentine local numbers ('15 555 1234'); eight-digit local ones are Buenos Aires (11) anyway.
    """
    text = text[:MAX_TEXT_CHARS]
    for found in _PHONE.finditer(fold(text)):
        if text[: found.start()].rstrip().endswith("$"):
            continue
        e164 = _e164(found.group(), region, area)
        if e164:
            return Phone(e164, e164[1:], found.span(), text[found.start() : found.end()])
    return None


def _e164(written: str, region: str, area: str | None) -> str | None:
    international = written.startswith(("+", "00"))
    digits = re.sub(r"[^0-9]", "", written)
    if not 8 <= len(digits) <= 17:
        return None
    if written.startswith("00"):
        written, digits = "+" + digits[2:], digits[2:]
    if region == "AR" and not international:
        return _argentine(digits, written, area)
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code == ARGENTINA:
        return _argentine(str(number.national_number), written, area)
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _argentine(digits: str, written: str, area: str | None) -> str | None:
    """+549 and ten digits: WhatsApp lives on mobiles, and a mobile's wa_id carries the 9 and drops the 15."""
    if digits.startswith("54") and len(digits) in {12, 13}:
        digits = digits[2:]
    digits = digits.removeprefix("0")
    if digits.startswith("9") and len(digits) == 11:
        digits = digits[1:]
    if len(digits) == 12:
        digits = _without_15(digits)
    elif digits.startswith("15") and len(digits) + len(area or BUENOS_AIRES) == 12:
        digits = (area or BUENOS_AIRES) + digits[2:]
    elif (
        len(digits) == 8
        and (area or BUENOS_AIRES) == BUENOS_AIRES
        and re.search(r"[0-9]{4}[ -][0-9]{4}", written)
    ):
        digits = BUENOS_AIRES + digits
    elif area and len(digits) + len(area) == 10:
        digits = area + digits
    number = phonenumbers.PhoneNumber(country_code=ARGENTINA, national_number=int(digits))
    if len(digits) != 10 or digits[0] not in "123" or not phonenumbers.is_possible_number(number):
        return None
    return f"+{ARGENTINA}9{digits}"


def _without_15(digits: str) -> str:
    """'351 15 555 1234' -> '3515551234': the 15 stands after the area code of two to four digits."""
    for length in (2, 3, 4):
        known = digits[:2] == BUENOS_AIRES if length == 2 else digits[:2] != BUENOS_AIRES
        if known and digits[length : length + 2] == "15":
            return digits[:length] + digits[length + 2 :]
    return digits
