"""Each reader against its table of cases in tests/data/values (one `text => expected` per line)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from vallebot.domain.values import (
    find_amounts,
    find_modalities,
    find_payment_means,
    normalise_abbreviations,
    parse_address,
    parse_amount,
    parse_capacity,
    parse_duration,
    parse_email,
    parse_modality,
    parse_name,
    parse_payment_means,
    parse_phone,
    parse_yes_no,
)
from vallebot.domain.values.amounts import MINOR_PER_UNIT

TABLES = Path(__file__).parents[3] / "data" / "values"


def cases(table: str) -> list[tuple[str, str]]:
    lines = (TABLES / f"{table}.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=>") for line in lines if line and not line.startswith("#")]
    return [(text.strip(), expected.strip()) for text, _, expected in pairs]


def shown(amount) -> str:
    units = (Decimal(amount.minor) / MINOR_PER_UNIT).normalize()
    number = f"{units:f}" if units == units.to_integral_value() else f"{units:.2f}"
    return number if amount.currency == "ARS" else f"{number} {amount.currency}"


@pytest.mark.parametrize(("text", "expected"), cases("amounts"))
def test_reads_sums_of_money(text, expected):
    assert "; ".join(shown(amount) for amount in find_amounts(text)) == expected


@pytest.mark.parametrize(("text", "expected"), cases("durations"))
def test_reads_durations(text, expected):
    duration = parse_duration(text)
    assert (str(duration.minutes) if duration else "") == expected


@pytest.mark.parametrize(("text", "expected"), cases("yes_no"))
def test_reads_yes_and_no(text, expected):
    assert parse_yes_no(text) is {"yes": True, "no": False, "": None}[expected]


@pytest.mark.parametrize(("text", "expected"), cases("names"))
def test_reads_names(text, expected):
    assert (parse_name(text) or "") == expected


@pytest.mark.parametrize(("text", "expected"), cases("addresses"))
def test_reads_addresses(text, expected):
    address = parse_address(text)
    assert (address.text if address else "") == expected


@pytest.mark.parametrize(("text", "expected"), cases("capacities"))
def test_reads_capacities(text, expected):
    capacity = parse_capacity(text)
    assert (str(capacity.people) if capacity else "") == expected


@pytest.mark.parametrize(("text", "expected"), cases("phones"))
def test_reads_phones(text, expected):
    phone = parse_phone(text)
    assert (phone.wa_id if phone else "") == expected
    assert phone is None or phone.e164 == "+" + phone.wa_id


@pytest.mark.parametrize(("text", "expected"), cases("emails"))
def test_reads_emails(text, expected):
    assert (parse_email(text) or "") == expected


@pytest.mark.parametrize(("text", "expected"), cases("modalities"))
def test_reads_modalities(text, expected):
    found = find_modalities(text)
    assert "; ".join(found) == expected
    assert parse_modality(text) == (found[0] if len(found) == 1 else None)


@pytest.mark.parametrize(("text", "expected"), cases("payment_means"))
def test_reads_means_of_payment(text, expected):
    assert "; ".join(find_payment_means(text)) == expected


def test_a_transfer_through_mercado_pago_is_mercado_pago():
    assert parse_payment_means("transferencia por mercado pago") == "mercado_pago"
    assert parse_payment_means("transferencia o mercado pago") is None
    assert parse_payment_means("te pago en efectivo") == "efectivo"


@pytest.mark.parametrize(("text", "expected"), cases("abbreviations"))
def test_writes_abbreviations_out(text, expected):
    assert normalise_abbreviations(text) == expected


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (lambda text: parse_amount(text, bare=True), "50", 5000),
        (lambda text: parse_amount(text, bare=True), "son 80", 8000),
        (lambda text: parse_amount(text, bare=True), "el 5 de mayo", None),
        (lambda text: parse_amount(text), "50", None),
    ],
)
def test_a_lone_small_number_is_a_sum_only_as_an_answer(reader, text, value):
    amount = reader(text)
    assert (amount.minor if amount else None) == value


@pytest.mark.parametrize(
    ("text", "minutes"), [("60", 60), ("1", 60), ("2", 120), ("45", 45), ("hola", None), ("0", None)]
)
def test_a_lone_number_is_a_duration_only_as_an_answer(text, minutes):
    duration = parse_duration(text, bare=True)
    assert (duration.minutes if duration else None) == minutes
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("text", "people"), [("10", 10), ("unos 8", 8), ("doce", 12), ("hola 3", None), ("0", None)]
)
def test_a_lone_number_is_a_capacity_only_as_an_answer(text, people):
    capacity = parse_capacity(text, bare=True)
    assert (capacity.people if capacity else None) == people
    assert parse_capacity(text) is None


def test_two_streets_are_an_address_only_as_an_answer():
    assert parse_address("Callao y Corrientes") is None
    assert parse_address("Callao y Corrientes", bare=True).text == "Callao y Corrientes"
    assert parse_address("masaje y yoga", bare=True) is None


def test_a_local_number_is_completed_with_the_area_of_the_professional():
    assert parse_phone("15 555 1234") is None
    assert parse_phone("15 555 1234", area="351").wa_id == "5493515551234"
    assert parse_phone("555 1234", area="351") is None, "seven digits alone are too often something else"
    assert parse_phone("099 123 456", region="UY").wa_id == "59899123456"


@pytest.mark.parametrize(
    ("text", "reader", "part"),
    [
        ("te pago 15 lucas mañana", parse_amount, "15 lucas"),
        ("José pagó $12.500 ayer", parse_amount, "$12.500"),
        ("mañana masaje de una hora y media a las 5", parse_duration, "una hora y media"),
        ("hasta 8 personas por clase", parse_capacity, "8 personas"),
        ("mi número es 11 6111 0001, gracias", parse_phone, "11 6111 0001"),
        ("vivo en Av. Ángel Gallardo 450, gracias", parse_address, "Av. Ángel Gallardo 450"),
    ],
)
def test_the_span_is_where_the_value_stands_in_the_original_text(text, reader, part):
    found = reader(text)
    assert text[slice(*found.span)] == part
    assert found.text == part
