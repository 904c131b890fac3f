"""What is told to the model, word for word, and how much of it."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from vallebot.services.fallback.answers import schema_for
from vallebot.services.fallback.asking import (
    PROMPT_MAX_TOKENS,
    VERSION,
    Context,
    Example,
    prompt_for,
    tokens_of,
)
from vallebot.services.fallback.operations import OPERATIONS, Effect
from vallebot.services.fallback.privacy import minimised

GOLDEN = Path(__file__).parents[2] / "data" / "llm"
TITLE_MAX_CHARS = 20  # Cloud API, interactive reply buttons

CLIENT = Context(
    rol="cliente",
    now=datetime(2026, 11, 23, 10, 5, tzinfo=ZoneInfo("America/Argentina/Buenos_Aires")),
    zone="America/Argentina/Buenos_Aires",
    business="Laura, masajista",
    services=("Masaje relajante (50 minutos)", "Yoga (class, enrol in it)"),
    relationship="Marta. Próximos: Masaje relajante el jueves 26 a las 17:00 (confirmado). Debe $ 12.500.",
    turns=(("writer", "hola"), ("secretary", "¡Hola Marta! ¿Te busco un turno?")),
    pending="pedir_turno_form: starts_at",
    guesses=(("pedir_turno", 0.31), ("ver_turnos", 0.28)),
    examples=(Example("tenes algo para esta semana", "consultar_disponibilidad"),),
    rejected="cancelar_turno",
)
PROFESIONAL = replace(
    CLIENT,
    rol="profesional",
    relationship="",
    people=("Pedro. Últimos: Yoga el lunes 16",),
    pending=None,
    rejected=None,
)


@pytest.mark.parametrize(("name", "context"), [("cliente", CLIENT), ("profesional", PROFESIONAL)])
def test_the_prompt_is_the_one_that_was_reviewed(name: str, context: Context) -> None:
    """A change of the prompt is a new version: a new template file, VERSION, and (VALLEBOT_GOLDEN=write) this."""
    prompt = prompt_for("nah eso no, lo otro", context)
    written = f"{prompt.system}\n=== user ===\n{prompt.user}\n"
    golden = GOLDEN / f"{VERSION}.{name}.txt"
    if os.environ.get("VALLEBOT_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(written, encoding="utf-8")
    assert written == golden.read_text(encoding="utf-8")


def test_a_prompt_keeps_to_its_budget_and_loses_the_least_needed_first() -> None:
    long = replace(
        CLIENT,
        examples=tuple(Example("x" * 120, "pedir_turno") for _ in range(30)),
        turns=tuple(("writer", "y" * 200) for _ in range(30)),
        services=tuple(f"Servicio {number} (60 minutos)" for number in range(60)),
    )
    prompt = prompt_for("z" * 5000, long)
    assert tokens_of(prompt.system) + tokens_of(prompt.user) <= PROMPT_MAX_TOKENS
    assert "zzz" in prompt.user
    assert "Debe $ 12.500" in prompt.user
    assert "xxx" not in prompt.user


@pytest.mark.parametrize("rol", OPERATIONS)
def test_each_operation_fits_a_button_and_the_schema_is_one(rol: str) -> None:
    for card in OPERATIONS[rol].values():
        assert len(card.title) <= TITLE_MAX_CHARS, card.title
        assert card.title[0].isupper()
    jsonschema.Draft202012Validator.check_schema(schema_for(rol, answering=True))


def test_nothing_that_costs_or_tells_others_is_done_on_the_word_of_the_model() -> None:
    harmless = {
        card.name
        for cards in OPERATIONS.values()
        for card in cards.values()
        if card.effect is not Effect.ACTS
    }
    assert not harmless & {
        "confirmar_pago", "rechazar_pago", "avisar_clientes", "bloquear_agenda", "hablar_con_persona", "dejar_avisos",
        "baja_clase", "avisar_demora", "registrar_asistencia", "informar_pago",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("soy Marta Ruiz, 11 6111-0001", "soy Marta, [número]"),
        ("MARTA  RUÍZ debe", "Marta debe"),
        ("mi mail es ana.perez+x@gmail.com.ar gracias", "mi mail es [e-mail] gracias"),
        ("+54 9 11 6111 0001", "[número]"),
        ("cbu 0000003100010000000001", "cbu [número]"),
        ("mirá https://x.com/a?b=c dale", "mirá [link] dale"),
        ("el 27/11/2026 a las 17:00", "el 27/11/2026 a las 17:00"),
        ("2026-11-27 17:00", "2026-11-27 17:00"),
        ("te pasé $ 1.250.000 o 1.250.000", "te pasé $ 1.250.000 o 1.250.000"),
        ("de 9 a 12 y de 14 a 18", "de 9 a 12 y de 14 a 18"),
        ("martas ruizas", "martas ruizas"),
    ],
)
def test_only_first_names_and_no_numbers_leave_the_house(text: str, left: str) -> None:
    assert minimised(text, ["Marta Ruiz"]) == left
