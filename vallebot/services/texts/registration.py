"""What somebody who registered a business is told when the operator agrees."""

from __future__ import annotations

from vallebot.services.outbox import Bubble, Choice, Template


def approved(name: str) -> Bubble:
    """The account works from now on, with the first step to tap."""
    return Bubble(
        f"¡Buenas noticias, {name}! Tu cuenta de profesional ya está activa. ¿Cargamos tu primer servicio?",
        choices=(
            Choice("Cargar un servicio", "/definir_servicio"),
            Choice("Cargar mis horarios", "/definir_horarios"),
            Choice("Decir dónde atiendo", "/registrar_ubicacion"),
        ),
        template=Template("cuenta_aprobada", (" ".join(name.split()),)),
    )
