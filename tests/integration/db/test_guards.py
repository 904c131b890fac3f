"""What the database refuses by itself, whatever the code above it does."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from psycopg2.extras import DateTimeTZRange
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from vallebot.db.constraints import violated_constraint
from vallebot.db.tables import AuditEntry, Cargo, Enrollment, Payment, PaymentApplication


def refusal(save, row) -> str | None:
    with pytest.raises(IntegrityError) as caught:
        save(row)
    return violated_constraint(caught.value)


@pytest.fixture
def laura(make_profesional):
    return make_profesional()


@pytest.fixture
def at(now) -> datetime:
    return now + timedelta(days=1)


@pytest.mark.parametrize("state", ["pendiente", "ofrecido", "confirmado"])
@pytest.mark.parametrize(
    ("minutes", "taken"), [(0, True), (59, True), (69, True), (70, False), (-69, True), (-70, False)]
)
def test_live_bookings_never_overlap_buffer_included(
    laura, make_servicio, make_cliente, make_booking, at, state, minutes, taken
):
    masaje = make_servicio(laura, buffer_minutes=10)
    expires = None if state == "confirmado" else at
    make_booking(masaje, at, make_cliente(), state=state, expires_at=expires)
    other = at + timedelta(minutes=minutes)
    if not taken:
        make_booking(masaje, other, make_cliente())
        return
    with pytest.raises(IntegrityError) as caught:
        make_booking(masaje, other, make_cliente())
    assert violated_constraint(caught.value) == "ex_bookings_live_overlap"


def test_cancelled_booking_frees_its_time(laura, make_servicio, make_cliente, make_booking, at):
    masaje = make_servicio(laura)
    make_booking(masaje, at, make_cliente(), state="cancelado", cancelled_at=at)
    make_booking(masaje, at, make_cliente())


def test_starts_at_and_ends_at_follow_the_period(
    sessions, laura, make_servicio, make_cliente, make_booking, at
):
    booking = make_booking(make_servicio(laura), at, make_cliente())
    assert (booking.starts_at, booking.ends_at) == (at, at + timedelta(hours=1))
    later = at + timedelta(days=1)
    moved = DateTimeTZRange(later, later + timedelta(hours=1), "[)")
    with sessions.begin() as session:
        row = session.get(type(booking), booking.id)
        row.period, row.busy = moved, moved
    with sessions() as session:
        assert session.get(type(booking), booking.id).starts_at == later


def test_service_of_another_professional_cannot_be_booked(
    laura, make_profesional, make_servicio, make_cliente, make_booking, at
):
    foreign = make_servicio(make_profesional())
    with pytest.raises(IntegrityError) as caught:
        make_booking(foreign, at, make_cliente(), profesional_id=laura.id)
    assert violated_constraint(caught.value) == "fk_bookings_own_servicio"


def test_weekly_hours_never_overlap_but_a_service_may_have_its_own(laura, make_servicio, make_horario):
    make_horario(laura, 0, "09:00", "13:00")
    make_horario(laura, 0, "13:00", "18:00")
    make_horario(laura, 0, "10:00", "12:00", servicio_id=make_servicio(laura).id)
    with pytest.raises(IntegrityError) as caught:
        make_horario(laura, 0, "12:00", "14:00")
    assert violated_constraint(caught.value) == "ex_horarios_overlap"


def test_two_active_services_cannot_be_told_apart_by_case_or_accent(laura, make_servicio):
    make_servicio(laura, name="Reflexología", active=False)
    make_servicio(laura, name="Reflexología")
    with pytest.raises(IntegrityError) as caught:
        make_servicio(laura, name="REFLEXOLOGIA")
    assert violated_constraint(caught.value) == "uq_servicios_active_name"


@pytest.fixture
def clase(laura, make_servicio, make_booking, at):
    yoga = make_servicio(laura, name="Yoga", kind="grupal", capacity=2)
    return make_booking(yoga, at)


def seat(clase, cliente, number: int, **over) -> Enrollment:
    values = {"state": "inscripto", "seat": number, "capacity": 2, "price_minor": 0, "currency": "ARS"}
    ids = {"profesional_id": clase.profesional_id, "booking_id": clase.id, "cliente_id": cliente.id}
    return Enrollment(**{**values, **ids, **over})


def test_a_class_is_never_oversold(save, clase, make_cliente):
    save(seat(clase, make_cliente(), 1))
    save(seat(clase, make_cliente(), 2))
    assert refusal(save, seat(clase, make_cliente(), 2)) == "uq_enrollments_live_seat"
    assert refusal(save, seat(clase, make_cliente(), 3)) == "ck_enrollments_seat_within_capacity"
    lie = seat(clase, make_cliente(), 3, capacity=3)
    assert refusal(save, lie) == "fk_enrollments_booking_capacity"


def test_a_client_has_one_seat(save, clase, make_cliente):
    ana = make_cliente()
    save(seat(clase, ana, 1, state="cancelado", cancelled_at=clase.starts_at))
    save(seat(clase, ana, 1))
    assert refusal(save, seat(clase, ana, 2)) == "uq_enrollments_live_cliente"


def test_capacity_cannot_shrink_below_a_taken_seat(sessions, save, clase, make_cliente):
    save(seat(clase, make_cliente(), 2))
    with pytest.raises(IntegrityError), sessions.begin() as session:
        session.execute(text("UPDATE bookings SET capacity = 1 WHERE id = :id"), {"id": clase.id})
    with sessions.begin() as session:
        session.execute(text("UPDATE bookings SET capacity = 5 WHERE id = :id"), {"id": clase.id})


@pytest.fixture
def debt(save, laura, make_servicio, make_cliente, make_booking, at):
    """A charge of $ 100 for a booking, and functions that make payments and applications to it."""
    servicio, ana = make_servicio(laura), make_cliente()
    booking = make_booking(servicio, at, ana)
    owner = {"profesional_id": laura.id, "cliente_id": ana.id, "currency": "ARS"}

    class Debt:
        cargo = save(
            Cargo(
                **owner,
                servicio_id=servicio.id,
                booking_id=booking.id,
                concept="Masaje",
                amount_minor=10_000,
                due_at=at,
            )
        )

        def payment(self, minor: int, **over) -> Payment:
            values = {"means": "efectivo", "state": "confirmado", "informed_at": at, "amount_minor": minor}
            return save(Payment(**{**owner, **values, **over}))

        def apply(self, payment: Payment, minor: int, **over) -> PaymentApplication:
            ids = {"payment_id": payment.id, "cargo_id": self.cargo.id, "amount_minor": minor}
            return PaymentApplication(**{**owner, **ids, **over})

    return Debt()


def fetch(sessions, row):
    with sessions() as session:
        return session.get(type(row), row.id)


def test_sums_and_state_follow_applications(sessions, save, debt):
    first, second = debt.payment(6_000), debt.payment(6_000)
    save(debt.apply(first, 6_000))
    assert (fetch(sessions, debt.cargo).applied_minor, fetch(sessions, debt.cargo).state) == (
        6_000,
        "pendiente",
    )
    application = save(debt.apply(second, 4_000))
    assert fetch(sessions, debt.cargo).state == "saldado"
    assert fetch(sessions, second).applied_minor == 4_000
    with sessions.begin() as session:
        session.delete(session.merge(application))
    assert (fetch(sessions, debt.cargo).state, fetch(sessions, second).applied_minor) == ("pendiente", 0)


def test_neither_side_can_be_exceeded(save, debt):
    big, small = debt.payment(50_000), debt.payment(1_000)
    assert refusal(save, debt.apply(big, 10_001)) == "ck_cargos_applied_within_amount"
    assert refusal(save, debt.apply(small, 1_001)) == "ck_payments_applied_within_amount"


def test_announced_money_settles_nothing(save, debt):
    informed = debt.payment(10_000, state="informado")
    assert refusal(save, debt.apply(informed, 10_000)) == "ck_payments_only_confirmed_is_applied"


def test_money_of_one_client_does_not_settle_what_another_owes(save, debt, make_cliente):
    foreign = debt.payment(10_000, cliente_id=make_cliente().id)
    assert refusal(save, debt.apply(foreign, 10_000)) == "fk_payment_applications_payment"


def test_void_charge_takes_no_money(sessions, save, debt):
    with sessions.begin() as session:
        session.merge(debt.cargo).state = "anulado"
    payment = debt.payment(10_000)
    assert refusal(save, debt.apply(payment, 1)) == "ck_payment_applications_cargo_live"


def test_sums_cannot_be_written_by_hand(sessions, debt):
    with pytest.raises(IntegrityError), sessions.begin() as session:
        session.execute(text("UPDATE cargos SET applied_minor = 1"))


def test_the_same_live_proof_counts_once(save, debt):
    proof = "ab" * 32
    debt.payment(10_000, state="rechazado", proof_sha256=proof)
    debt.payment(10_000, state="informado", proof_sha256=proof)
    with pytest.raises(IntegrityError) as caught:
        debt.payment(10_000, state="confirmado", proof_sha256=proof)
    assert violated_constraint(caught.value) == "uq_payments_live_proof"


@pytest.mark.parametrize("change", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
def test_evidence_cannot_be_changed(sessions, save, now, change):
    save(AuditEntry(entity="bookings", entity_id=1, action="book", at=now))
    with pytest.raises(IntegrityError), sessions.begin() as session:
        session.execute(text(change))


def test_erasure_may_redact_evidence(sessions, save, now):
    row = save(AuditEntry(entity="bookings", entity_id=1, action="book", facts={"name": "Ana"}, at=now))
    with sessions.begin() as session:
        session.execute(text("SET LOCAL vallebot.erasing = 'on'"))
        session.execute(text("UPDATE audit SET facts = '{}'"))
    assert fetch(sessions, row).facts == {}


def test_a_person_on_a_line_has_one_conversation(sessions, make_cliente):
    ana = make_cliente()
    with sessions.begin() as session:
        identidad = session.execute(
            text("INSERT INTO identidades (kind, value, cliente_id) VALUES ('wa_id', '1', :id) RETURNING id"),
            {"id": ana.id},
        ).scalar()
    statement = text(
        "INSERT INTO conversaciones (id, phone_number_id, cliente_id, identidad_id) VALUES (:id, 'l', :ana, :named)"
    )
    values = {"ana": ana.id, "named": identidad}
    with sessions.begin() as session:
        session.execute(statement, {"id": uuid4(), **values})
    with pytest.raises(IntegrityError), sessions.begin() as session:
        session.execute(statement, {"id": uuid4(), **values})
