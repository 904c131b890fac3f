"""Who is on the page when nobody says otherwise, and what the tour proposes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from web.fake_graph.people import DEFAULT_LINE, Person, PhoneLine
from web.settings import TourStep


@dataclass(frozen=True)
class Cast:
    """Lines, people and the tour of a simulator."""

    lines: tuple[PhoneLine, ...]
    persons: tuple[Person, ...]
    tour: tuple[TourStep, ...]


_LAURA, _ANA, _PEDRO = "5491150010001", "5491161110001", "5491161110002"

DEFAULT_CAST = Cast(
    lines=(DEFAULT_LINE,),
    persons=(
        Person(_LAURA, "Laura Gómez", "Profesional"),
        Person(_ANA, "Ana Pérez", "Cliente"),
        Person(_PEDRO, "Pedro Sosa", "Cliente"),
    ),
    tour=(
        TourStep(
            _ANA, "Hola! Quería un turno para esta semana", "Vallebot ofrece horarios libres de verdad."
        ),
        TourStep(_ANA, "¿Cuánto sale la sesión?", "Contesta y sigue con lo que estaban haciendo."),
        TourStep(_LAURA, "¿Qué turnos tengo mañana?", "La profesional ve su agenda en el mismo chat."),
        TourStep(_ANA, "No voy a poder ir, lo cancelo", "Muestra qué va a pasar y pide confirmar."),
        TourStep(_LAURA, "El viernes a la tarde no atiendo", "Cierra ese tramo y avisa a quien tenía turno."),
    ),
)


def load_cast(path: Path) -> Cast:
    """Read `{"lines": […], "persons": […], "tour": […]}`; what is missing comes from the default cast.

    Raises ValueError, naming the file, when an entry has fields that do not exist.
    """
    content = json.loads(path.read_text("utf-8"))
    try:
        lines = tuple(PhoneLine(**item) for item in content.get("lines", ()))
        persons = tuple(_person(item) for item in content.get("persons", ()))
        tour = tuple(TourStep(**item) for item in content.get("tour", ()))
    except TypeError as exc:
        raise ValueError(f"{path}: {exc}") from exc
    return Cast(
        lines or DEFAULT_CAST.lines,
        persons or DEFAULT_CAST.persons,
        tour if "tour" in content else DEFAULT_CAST.tour,
    )


def _person(item: dict[str, object]) -> Person:
    lines = item.get("lines", ())
    values = {**item, "lines": tuple(lines) if isinstance(lines, list) else ()}
    return Person(**values)  # type: ignore[arg-type]
