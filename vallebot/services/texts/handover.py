"""What both sides are told when a client and the professional talk without the bot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vallebot.services.outbox import Bubble, Choice

HAND = "/hablar_con_persona"

#: A line that is shown is cut here: the notice is read at a glance.
LINE_MAX_CHARS = 120


@dataclass(frozen=True)
class Person:
    """A client as the professional knows them."""

    id: int
    name: str
    phone_e164: str | None


def wants_to_talk(person: Person, lines: Sequence[str]) -> Bubble:
    """To the professional: who, where to write to, and what they wrote last."""
    where = f" Escribile a {person.phone_e164}." if person.phone_e164 else ""
    said = [f"«{_cut(line)}»" for line in lines if line.strip()]
    text = "\n".join(
        [
            f"{person.name} quiere hablar con vos.{where}",
            *(["Lo último que escribió:"] if said else []),
            *said,
        ]
    )
    return Bubble(text, choices=(Choice("Me ocupo yo", f'{HAND}{{"cliente_id": {person.id}}}'),))


def talks_by_hand(profesional: str) -> Bubble:
    """To the client: the professional has taken over."""
    return Bubble(
        f"{profesional} te escribe en persona. Si querés seguir conmigo, tocá acá o escribí *vallebot*.",
        choices=(Choice("Seguir con Vallebot", "/saludar"),),
    )


def _cut(line: str) -> str:
    flat = " ".join(line.split())
    return flat if len(flat) <= LINE_MAX_CHARS else flat[: LINE_MAX_CHARS - 1].rstrip() + "…"
