"""A masseuse, her client's debts, and shorthand for what people do with money."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from vallebot.db.tables import Cargo
from vallebot.domain.enrollment import next_month
from vallebot.services import payment_corrections, payments
from vallebot.services.payments import News, Received

FIRST_MONTH = date(2025, 1, 1)


@pytest.fixture
def owe(save, masaje, laura, make_relacion, rows):
    """`owe(cliente, 1000, 500)`: pending charges of these amounts, each a month later than the one before."""

    def make(cliente, *amounts: int, servicio=None, currency: str = "ARS") -> list[int]:
        servicio = servicio or masaje
        if not rows("SELECT 1 FROM relaciones WHERE cliente_id = :c", c=cliente.id):
            make_relacion(laura, cliente)
        month = FIRST_MONTH
        for _ in rows("SELECT id FROM cargos WHERE month IS NOT NULL AND cliente_id = :c", c=cliente.id):
            month = next_month(month)
        made = []
        for amount in amounts:
            row = Cargo(
                profesional_id=servicio.profesional_id,
                cliente_id=cliente.id,
                servicio_id=servicio.id,
                month=month,
                concept=f"{servicio.name} {month:%m/%Y}",
                amount_minor=amount,
                currency=currency,
                due_at=datetime(month.year, month.month, 1, tzinfo=timezone.utc),
            )
            made.append(save(row).id)
            month = next_month(month)
        return made

    return make


@pytest.fixture
def her(as_profesional, laura):
    return as_profesional(laura)


@pytest.fixture
def she(write_to, laura, ana):
    return write_to(laura, ana)


@pytest.fixture
def inform(sessions, she, now, new_key):
    def call(amount=None, *cargo_ids, actor=None, when=None, key=None, **over):
        news = News(amount, cargo_ids=tuple(cargo_ids), **over)
        return payments.inform(sessions, actor or she, news, now=when or now, key=key or new_key())

    return call


@pytest.fixture
def act(sessions, her, now, new_key):
    """`act("confirm", payment_id)`: a use case of payments.py, as the professional."""

    def call(name, *args, actor=None, when=None, key=None, **kwargs):
        function = getattr(payments, name, None) or getattr(payment_corrections, name)
        return function(sessions, actor or her, *args, now=when or now, key=key or new_key(), **kwargs)

    return call


@pytest.fixture
def receive(act, ana):
    def call(amount, *cargo_ids, who=None, **over):
        return act("record_received", Received((who or ana).id, amount, cargo_ids=tuple(cargo_ids), **over))

    return call


@pytest.fixture
def charges(rows):
    """[(state, applied)] of all charges, in order."""
    return lambda: rows("SELECT state, applied_minor FROM cargos ORDER BY id")


@pytest.fixture
def later(now):
    return now + timedelta(hours=3)
