"""Readers of values in rioplatense WhatsApp text. Pure: no I/O, no clock. None means "no such value here"."""

from __future__ import annotations

from vallebot.domain.values.abbreviations import normalise_abbreviations
from vallebot.domain.values.addresses import Address, parse_address
from vallebot.domain.values.amounts import Amount, find_amounts, parse_amount
from vallebot.domain.values.answers import parse_yes_no
from vallebot.domain.values.capacity import Capacity, parse_capacity
from vallebot.domain.values.contact import Phone, parse_email, parse_phone
from vallebot.domain.values.durations import Duration, find_durations, parse_duration
from vallebot.domain.values.modality import (
    find_modalities,
    find_payment_means,
    parse_modality,
    parse_payment_means,
)
from vallebot.domain.values.names import parse_name

__all__ = [
    "Address",
    "Amount",
    "Capacity",
    "Duration",
    "Phone",
    "find_amounts",
    "find_durations",
    "find_modalities",
    "find_payment_means",
    "normalise_abbreviations",
    "parse_address",
    "parse_amount",
    "parse_capacity",
    "parse_duration",
    "parse_email",
    "parse_modality",
    "parse_name",
    "parse_payment_means",
    "parse_phone",
    "parse_yes_no",
]
