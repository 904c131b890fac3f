"""What a professional still has to tell before clients can book, each as one tap."""

from __future__ import annotations

from actions.base import choice
from actions.turn import Turn
from vallebot.domain.states import PlaceMode, ServicioKind
from vallebot.services import catalogue
from vallebot.services.catalogue import ProfesionalCard, ServicioCard

#: Operation -> its button; in the order in which they are offered.
STEPS = {
    "definir_servicio": "Cargar un servicio",
    "definir_horarios": "Cargar mis horarios",
    "registrar_ubicacion": "Decir dónde atiendo",
}


def buttons_of(steps: list[str]) -> list[dict[str, str]]:
    """Those steps as buttons."""
    return [choice(STEPS[step], f"/{step}") for step in steps]


def missing_steps(turn: Turn) -> list[str]:
    """What clients would look for in vain: services, hours (classes have their own), a place."""
    services = catalogue.list_servicios(turn.runtime.sessions, turn.actor)
    found = {
        "definir_servicio": not services,
        "definir_horarios": not turn.card.weekly and any(s.kind == ServicioKind.INDIVIDUAL for s in services),
        "registrar_ubicacion": _no_place(turn.card, services),
    }
    return [step for step in STEPS if found[step]]


def next_step_buttons(turn: Turn) -> list[dict[str, str]]:
    """The steps that are missing; none when clients can book."""
    return buttons_of(missing_steps(turn))


def _no_place(card: ProfesionalCard, services: list[ServicioCard]) -> bool:
    modes = {service.place_mode for service in services} or {card.place_mode}
    return PlaceMode.CONSULTORIO in modes and card.address is None
