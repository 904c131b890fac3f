"""Who owes what, and what came in: read models in plain SQL, always of one professional.

What a client owes is pending charges minus confirmed applications; announced money is shown apart, credit too.
Sums of different currencies are never added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables.messaging import Rol
from vallebot.domain.enrollment import month_of, next_month
from vallebot.domain.states import PaymentState, StrEnum
from vallebot.errors import InvalidError, NotAllowedError
from vallebot.services.actor import Actor
from vallebot.services.booking_steps import require_relation
from vallebot.services.payment_records import PaymentView, payment_views


@dataclass(frozen=True)
class Debt:
    """A pending charge, or what is left of it. Money in minor units; `due_at` aware."""

    cargo_id: int
    cliente_id: int
    cliente_name: str | None
    servicio_id: int
    servicio_name: str
    concept: str
    booking_id: int | None
    enrollment_id: int | None
    month: date | None
    amount_minor: int
    open_minor: int
    currency: str
    due_at: datetime


@dataclass(frozen=True)
class Balance:
    """Where one client stands in one currency (minor units)."""

    cliente_id: int
    cliente_name: str | None
    currency: str
    owed_minor: int
    informed_minor: int
    credit_minor: int
    charges: int  #: how many are pending
    oldest_due_at: datetime | None


@dataclass(frozen=True)
class Account:
    """What one client and one professional owe each other."""

    balances: list[Balance]
    debts: list[Debt]
    informed: list[PaymentView]


class IncomeBy(StrEnum):
    CLIENTE = "cliente"
    SERVICIO = "servicio"
    MEANS = "means"


@dataclass(frozen=True)
class Income:
    """Money that came in, minus what was given back. `id`, `name`: the client or service, or the means; None for
    money that settles no service (yet)."""

    id: int | None
    name: str | None
    currency: str
    amount_minor: int
    payments: int


_NAME = "coalesce(r.name, c.name, c.profile_name, c.phone_e164)"
_DEBTS = text(f"""
    SELECT g.id AS cargo_id, g.cliente_id, {_NAME} AS cliente_name, g.servicio_id, s.name AS servicio_name, g.concept,
           g.booking_id, g.enrollment_id, g.month, g.amount_minor, g.amount_minor - g.applied_minor AS open_minor,
           g.currency, g.due_at
      FROM cargos g JOIN clientes c ON c.id = g.cliente_id JOIN servicios s ON s.id = g.servicio_id
      LEFT JOIN relaciones r ON r.profesional_id = g.profesional_id AND r.cliente_id = g.cliente_id
     WHERE g.profesional_id = :profesional AND g.state = 'pendiente'
       AND (cast(:cliente AS bigint) IS NULL OR g.cliente_id = :cliente)
       AND (cast(:servicio AS bigint) IS NULL OR g.servicio_id = :servicio)
       AND (cast(:due_before AS timestamptz) IS NULL OR g.due_at < :due_before)
     ORDER BY g.due_at, g.id
""")
_BALANCES = text(f"""
    WITH owed AS (
        SELECT cliente_id, currency, sum(amount_minor - applied_minor) AS minor, count(*) AS charges,
               min(due_at) AS oldest
          FROM cargos WHERE profesional_id = :profesional AND state = 'pendiente'
           AND (cast(:cliente AS bigint) IS NULL OR cliente_id = :cliente)
           AND (cast(:servicio AS bigint) IS NULL OR servicio_id = :servicio)
         GROUP BY 1, 2
    ), paid AS (
        SELECT cliente_id, currency, coalesce(sum(amount_minor) FILTER (WHERE state = 'informado'), 0) AS informed,
               coalesce(sum(amount_minor - applied_minor - refunded_minor) FILTER (WHERE state = 'confirmado'), 0)
                   AS credit
          FROM payments WHERE profesional_id = :profesional AND state IN ('informado', 'confirmado')
           AND (cast(:cliente AS bigint) IS NULL OR cliente_id = :cliente)
         GROUP BY 1, 2
    )
    SELECT c.id AS cliente_id, {_NAME} AS cliente_name, currency, coalesce(owed.minor, 0)::bigint AS owed_minor,
           coalesce(paid.informed, 0)::bigint AS informed_minor, coalesce(paid.credit, 0)::bigint AS credit_minor,
           coalesce(owed.charges, 0) AS charges, owed.oldest AS oldest_due_at
      FROM owed FULL JOIN paid USING (cliente_id, currency) JOIN clientes c ON c.id = cliente_id
      LEFT JOIN relaciones r ON r.profesional_id = :profesional AND r.cliente_id = c.id
     WHERE owed.minor > 0 OR paid.informed > 0 OR paid.credit > 0
     ORDER BY owed.oldest NULLS LAST, c.id, currency
""")
#: Money counts on the day that it was paid, where that is known, else on the local day it was confirmed.
_CAME_IN = """
    WITH came AS (
        SELECT p.id, p.cliente_id, p.means, p.currency, p.amount_minor, p.refunded_minor, p.servicio_id
          FROM payments p JOIN profesionales f ON f.id = p.profesional_id
         WHERE p.profesional_id = :profesional AND p.state = 'confirmado'
           AND coalesce(p.paid_on, (p.decided_at AT TIME ZONE f.timezone)::date) BETWEEN :first AND :last
    )
"""
_INCOME = {
    IncomeBy.CLIENTE: f"""{_CAME_IN}
        SELECT came.cliente_id AS id, min({_NAME}) AS name, came.currency,
               sum(came.amount_minor - came.refunded_minor)::bigint AS amount_minor, count(*) AS payments
          FROM came JOIN clientes c ON c.id = came.cliente_id
          LEFT JOIN relaciones r ON r.profesional_id = :profesional AND r.cliente_id = came.cliente_id
         GROUP BY 1, 3 ORDER BY 4 DESC, 2, 1""",
    IncomeBy.MEANS: f"""{_CAME_IN}
        SELECT NULL::bigint AS id, means AS name, currency,
               sum(amount_minor - refunded_minor)::bigint AS amount_minor, count(*) AS payments
          FROM came GROUP BY 2, 3 ORDER BY 4 DESC, 2""",
    IncomeBy.SERVICIO: f"""{_CAME_IN}, parts AS (
            SELECT came.id AS payment_id, g.servicio_id, came.currency, a.amount_minor
              FROM came JOIN payment_applications a ON a.payment_id = came.id JOIN cargos g ON g.id = a.cargo_id
            UNION ALL
            SELECT came.id, NULL, came.currency, came.amount_minor - came.refunded_minor - p.applied_minor
              FROM came JOIN payments p ON p.id = came.id
             WHERE came.amount_minor - came.refunded_minor > p.applied_minor
        )
        SELECT parts.servicio_id AS id, s.name, parts.currency, sum(parts.amount_minor)::bigint AS amount_minor,
               count(DISTINCT payment_id) AS payments
          FROM parts LEFT JOIN servicios s ON s.id = parts.servicio_id
         GROUP BY 1, 2, 3 ORDER BY 4 DESC, 2""",
}


def debts(
    sessions: sessionmaker,
    actor: Actor,
    *,
    cliente_id: int | None = None,
    servicio_id: int | None = None,
    due_before: datetime | None = None,
) -> list[Debt]:
    """Pending charges, the oldest first: a professional's (of one client, of one service), a client's own.
    `due_before`: only what is due already. Raises NotAllowedError."""
    profesional_id, who = _whose(actor, cliente_id)
    with sessions() as session:
        return _debts(session, profesional_id, who, servicio_id, due_before)


def _debts(
    session: Session,
    profesional_id: int,
    cliente_id: int | None,
    servicio_id: int | None = None,
    due_before: datetime | None = None,
) -> list[Debt]:
    values = {
        "profesional": profesional_id,
        "cliente": cliente_id,
        "servicio": servicio_id,
        "due_before": due_before,
    }
    return [Debt(**row) for row in session.execute(_DEBTS, values).mappings()]


def balances(sessions: sessionmaker, actor: Actor, *, servicio_id: int | None = None) -> list[Balance]:
    """Clients who owe, announced money or have credit, by currency; the oldest debt first. With a service, `owed`
    is for that service alone."""
    profesional_id = actor.require_profesional()
    with sessions() as session:
        return _balances(session, profesional_id, None, servicio_id)


def _balances(
    session: Session, profesional_id: int, cliente_id: int | None, servicio_id: int | None = None
) -> list[Balance]:
    values = {"profesional": profesional_id, "cliente": cliente_id, "servicio": servicio_id}
    return [Balance(**row) for row in session.execute(_BALANCES, values).mappings()]


def account(sessions: sessionmaker, actor: Actor, cliente_id: int | None = None) -> Account:
    """What is owed ("¿cuánto te debo?"): one client's debts, announced payments and balances with one professional.
    The client asks about themselves, the professional about one of theirs. Raises NotFoundError, InvalidError."""
    profesional_id, who = _whose(actor, cliente_id)
    if who is None:
        raise InvalidError(field="cliente_id")
    with sessions() as session:
        if actor.rol is not Rol.CLIENTE:
            require_relation(session, profesional_id, who)
        announced = payment_views(
            session,
            "p.profesional_id = :profesional AND p.cliente_id = :cliente AND p.state = 'informado'",
            profesional=profesional_id,
            cliente=who,
        )
        owed = _debts(session, profesional_id, who)
        return Account(_balances(session, profesional_id, who), owed, announced)


def payments_of(
    sessions: sessionmaker,
    actor: Actor,
    *,
    cliente_id: int | None = None,
    state: PaymentState | str | None = None,
    limit: int = 50,
) -> list[PaymentView]:
    """Payments, the latest first: a professional's, or a client's own with that professional."""
    profesional_id, who = _whose(actor, cliente_id)
    where = """p.profesional_id = :profesional AND (cast(:cliente AS bigint) IS NULL OR p.cliente_id = :cliente)
        AND (cast(:state AS text) IS NULL OR p.state = :state)"""
    values = {"profesional": profesional_id, "cliente": who, "state": PaymentState(state) if state else None}
    with sessions() as session:
        return payment_views(session, where, limit=limit, **values)


def income(
    sessions: sessionmaker, actor: Actor, first: date, last: date, *, by: IncomeBy | str = IncomeBy.MEANS
) -> list[Income]:
    """What came in from `first` to `last` (local days, both included), the largest first."""
    profesional_id = actor.require_profesional()
    values = {"profesional": profesional_id, "first": first, "last": last}
    with sessions() as session:
        found = session.execute(text(_INCOME[IncomeBy(by)]), values).mappings()
        return [Income(**row) for row in found]


def month_stretch_of(day: date) -> tuple[date, date]:
    """First and last day of the month of a day, for `income`.

    >>> month_stretch_of(date(2026, 2, 10))
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    """
    first = month_of(day)
    return first, date.fromordinal(next_month(first).toordinal() - 1)


def _whose(actor: Actor, cliente_id: int | None) -> tuple[int, int | None]:
    """(professional, client or everybody's). A client asks about themselves only."""
    if actor.rol is Rol.CLIENTE:
        who = actor.require_cliente()
        if cliente_id not in (None, who):
            raise NotAllowedError()
        return actor.require_tenant(), who
    return actor.require_profesional(), cliente_id
