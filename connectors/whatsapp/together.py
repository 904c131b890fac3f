"""Which messages are read as one: decided from what each of them says alone (docs/decisions/0006).

What somebody sent while the bot was busy with them ("hola" / "quiero turno" / "para el jueves") is one request in
pieces. A piece is a greeting, a bare value, or an operation without the value that it turns on. A complete request
is answered by itself, and so is an answer to what the bot asked ("sí", a name).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: Intents that say nothing by themselves.
_GREETING = frozenset({"saludar"})
_THANKS = frozenset({"agradecer"})

#: Values that are of no use without the operation that they belong to. A name or an address may be the answer to a
#: question: alone they are complete.
_BARE_VALUES = frozenset({"servicio", "cuando", "modalidad", "duracion", "cupo"})

#: Operations that are incomplete without one of these values, however they are put.
_TURNS_ON: dict[str, frozenset[str]] = {
    "pedir_turno": frozenset({"cuando"}),
    "consultar_disponibilidad": frozenset({"cuando", "servicio"}),
    "inscribirse_clase": frozenset({"cuando", "servicio"}),
    "lista_espera": frozenset({"cuando", "servicio"}),
    "reprogramar_turno": frozenset({"cuando"}),
    "consultar_precio": frozenset({"servicio"}),
    "bloquear_agenda": frozenset({"cuando"}),
    "definir_horarios": frozenset({"cuando"}),
    "definir_servicio": frozenset({"servicio"}),
}

COMPLETE = "complete"
NOTHING = ""


def piece_of(parse_data: dict[str, Any]) -> str:
    """COMPLETE, NOTHING (a greeting, thanks, a bare value), or the intent of an incomplete operation."""
    intent = parse_data["intent"]["name"]
    named = {entity["entity"] for entity in parse_data["entities"]} - {"rol"}
    if intent in _GREETING | _THANKS:
        return NOTHING
    if intent == "informar":
        return NOTHING if named & _BARE_VALUES else COMPLETE
    turns_on = _TURNS_ON.get(intent)
    return intent if turns_on is not None and not named & turns_on else COMPLETE


def goes_with(pieces: Sequence[str], piece: str) -> bool:
    """Whether a further piece belongs to those before it: no complete one, at most one operation."""
    return COMPLETE not in (*pieces, piece) and len({*pieces, piece} - {NOTHING}) <= 1
