"""Who takes part: the business lines (numbers of the platform) and the people with a phone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

#: An Argentine mobile as WhatsApp identifies it: country 54, the 9 of mobiles, ten national digits.
_ARGENTINE_MOBILE = re.compile(r"549(\d{10})")
#: The same number without the 9, the form that test numbers' allow-lists want.
_ARGENTINE_WITHOUT_NINE = re.compile(r"54([1-8]\d{9})")
#: Business-scoped user id: country code, a dot, up to 128 alphanumerics (Meta, usernames 2026).
BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")


@dataclass(frozen=True)
class PhoneLine:
    """A WhatsApp number of the business.

    `allow_list` makes the line behave like one of Meta's free test numbers in Argentina: sending to `549…`
    is refused with 131030 where `54…` without the 9 is accepted.
    """

    phone_number_id: str
    display_number: str
    label: str
    allow_list: bool = False


@dataclass(frozen=True)
class Person:
    """Somebody with WhatsApp on their phone.

    `wa_id` is empty for a person who hides the phone behind a username: then `user_id` (BSUID) names them.
    `label` only words and colours the page ("Profesional", "Cliente").
    """

    wa_id: str
    name: str
    label: str = "Cliente"
    lines: tuple[str, ...] = ()  #: phone_number_ids this phone has chats with; empty: every line
    user_id: str = field(default="")

    @property
    def key(self) -> str:
        """How this person is named inside the simulator: the phone where there is one, else the BSUID."""
        return self.wa_id or self.user_id


DEFAULT_LINE = PhoneLine("100000000000001", "+54 9 11 5000-0001", "Vallebot")


def canonical_wa_id(number: str) -> str:
    """The WhatsApp id that a dialled number reaches: digits only, Argentine mobiles with their 9.

    >>> canonical_wa_id("+54 11 6111-0001")
    '5491161110001'
    """
    digits = re.sub(r"\D", "", number)
    without_nine = _ARGENTINE_WITHOUT_NINE.fullmatch(digits)
    return f"549{without_nine.group(1)}" if without_nine else digits


def is_argentine_with_nine(number: str) -> bool:
    """Whether the number is written the way an allow-list of a test number does not know it (`549…`)."""
    return _ARGENTINE_MOBILE.fullmatch(re.sub(r"\D", "", number)) is not None


def pretty_number(wa_id: str) -> str:
    """A phone the way WhatsApp shows an unknown contact: '+54 9 11 6111-0001'; other ids as they are."""
    mobile = _ARGENTINE_MOBILE.fullmatch(wa_id)
    if mobile is None:
        return f"+{wa_id}" if wa_id.isdigit() else wa_id
    national = mobile.group(1)
    area = 2 if national.startswith("11") else 3
    return f"+54 9 {national[:area]} {national[area:-4]}-{national[-4:]}"
