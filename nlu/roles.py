"""What the writer's role says about the operation that is meant, before a word is read.

Declared, not learned: the training data carries no role, and who may do what is a fact of the design. Nothing is
excluded: a professional may be somebody's client and write as one, so the prior only shifts odds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CLIENTE, PROFESIONAL = "cliente", "profesional"

#: Operations of one's own business: a client has no use for them.
OF_PROFESSIONALS = frozenset(
    [
        "confirmar_pago", "rechazar_pago", "definir_servicio", "modificar_servicio", "registrar_ubicacion",
        "definir_horarios", "bloquear_agenda", "registrar_asistencia", "registrar_cliente", "ver_inscriptos",
        "avisar_clientes",
    ]
)  # fmt: skip
#: Operations towards somebody else's business, and signing up with one's own.
OF_CLIENTS = frozenset(["hablar_con_persona", "lista_espera", "registrarse_profesional"])

_FOREIGN = {CLIENTE: OF_PROFESSIONALS, PROFESIONAL: OF_CLIENTS}


def log_prior(role: str | None, intents: Sequence[str], foreign_odds: float) -> np.ndarray:
    """Summands for log probabilities, one per intent: log(foreign_odds) for operations foreign to the role.

    Zeros where the role is not known, so that nothing changes.
    """
    foreign = _FOREIGN.get(role or "", frozenset())
    return np.array([np.log(foreign_odds) if intent in foreign else 0.0 for intent in intents])
