"""Who asks: the authority that every use case checks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from vallebot.db.tables.messaging import Rol
from vallebot.errors import NotAllowedError


@dataclass(frozen=True)
class Actor:
    """The person (or the system) behind a use case. Built from the database only, never from slots or metadata.

    rol             in which part the person acts now; None for the system itself (worker, operator's CLI)
    profesional_id  the tenant: whose business this is about; None while an unknown person has not chosen
    cliente_id      the person who writes (professionals are persons too); None for the system
    conversacion_id where they write
    """

    rol: Rol | None
    profesional_id: int | None
    cliente_id: int | None = None
    conversacion_id: UUID | None = None

    @property
    def is_system(self) -> bool:
        return self.rol is None

    def require_system(self) -> None:
        """The worker and the operator only."""
        if not self.is_system:
            raise NotAllowedError()

    def require_tenant(self) -> int:
        """The tenant's id; raises NotAllowedError where none is chosen."""
        if self.profesional_id is None:
            raise NotAllowedError()
        return self.profesional_id

    def require_profesional(self) -> int:
        """The tenant's id, if the actor is that professional or the system acting for them."""
        if self.rol not in (Rol.PROFESIONAL, None):
            raise NotAllowedError()
        return self.require_tenant()

    def require_cliente(self) -> int:
        """The client's id, if the actor acts as a client."""
        if self.rol is not Rol.CLIENTE or self.cliente_id is None:
            raise NotAllowedError()
        return self.cliente_id


def system_actor(profesional_id: int | None = None) -> Actor:
    """The worker and the operator's CLI: may do everything, for one tenant at a time."""
    return Actor(rol=None, profesional_id=profesional_id)
