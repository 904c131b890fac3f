"""What both sides are told about classes and waiting lists. Pure: plain data in, a bubble out.

Each bubble names a template for when the 24-hour window is closed; its parameters are the same facts in one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from vallebot.domain.spanish import WEEKDAYS, say_at, say_datetime, say_list, say_money
from vallebot.services.class_records import EnrollmentView, EsperaView, SerieView
from vallebot.services.outbox import Bubble, Choice, Template
from vallebot.services.records import BookingView
from vallebot.services.texts.bookings import credit_left, moment, when, where

ACCEPT = "/confirmar_turno"
DECLINE = "/cancelar_turno"


def _template(name: str, *parameters: str) -> Template:
    """Parameters of a template take no line breaks."""
    return Template(name, tuple(" ".join(parameter.split()) for parameter in parameters))


def _of_class(occurrence: BookingView, now: datetime) -> str:
    """'Yoga del jueves 27 a las 19:00'."""
    return f"{occurrence.servicio_name} del {when(occurrence, now)}"


def _reason(reason: str | None) -> str:
    return f" Motivo: {reason}." if reason else ""


def say_days(series: Sequence[SerieView]) -> str:
    """'los martes y jueves a las 19:00'; days of different hours each with its own."""
    by_time: dict[int, list[str]] = {}
    for serie in sorted(series, key=lambda serie: serie.weekday):
        weekday = WEEKDAYS[serie.weekday]
        by_time.setdefault(serie.start_minute, []).append(weekday if weekday.endswith("s") else f"{weekday}s")
    said = [
        f"los {say_list(days)} {say_at(f'{minute // 60:02}:{minute % 60:02}')}"
        for minute, days in by_time.items()
    ]
    return say_list(said)


def _who(person: EnrollmentView | EsperaView) -> str:
    return person.cliente_name or "Alguien"


def seats(occurrence: BookingView, *, full: bool) -> str:
    """'4 de 8 lugares', or that the class is full."""
    if full:
        return f"Se completó la clase: {occurrence.capacity} de {occurrence.capacity}."
    return f"Van {occurrence.taken_seats} de {occurrence.capacity}."


# To the professional


def enrolled(enrollment: EnrollmentView, now: datetime, *, full: bool, offered: bool = False) -> Bubble:
    """A client took a seat (`offered`: one that was freed and offered to them); says when the class is full."""
    occurrence = enrollment.booking
    took = "tomó el lugar que se liberó en" if offered else "se anotó en"
    return Bubble(
        f"{_who(enrollment)} {took} {_of_class(occurrence, now)}. {seats(occurrence, full=full)}",
        template=_template(
            "clase_completa" if full else "clase_inscripcion",
            _who(enrollment),
            occurrence.servicio_name,
            when(occurrence, now),
        ),
    )


def joined(name: str | None, series: Sequence[SerieView], *, full: bool) -> Bubble:
    """A client joined one or more weekly classes."""
    what, days = series[0].servicio_name, say_days(series)
    taken = max(serie.members for serie in series)
    room = (
        f"Con eso se completó el cupo de {series[0].capacity}."
        if full
        else f"Van {taken} de {series[0].capacity}."
    )
    return Bubble(
        f"{name or 'Alguien'} se anotó en {what}, {days}. {room}",
        template=_template("clase_completa" if full else "clase_inscripcion", name or "Alguien", what, days),
    )


def left(enrollment: EnrollmentView, now: datetime, cost_minor: int) -> Bubble:
    """A client gave a seat back; `cost_minor` stays owed because it was late."""
    occurrence = enrollment.booking
    text = f"{_who(enrollment)} no va a la clase de {_of_class(occurrence, now)}."
    if cost_minor:
        text += f" Avisó fuera de término: queda debiendo {say_money(cost_minor, enrollment.currency)}."
    return Bubble(text, template=_seat_template("clase_baja", enrollment, now))


def left_late(enrollment: EnrollmentView, now: datetime, cost_minor: int) -> Bubble:
    """A client left too late where the professional decides: the seat is free, is it charged?"""
    money = say_money(cost_minor, enrollment.currency)
    return Bubble(
        f"{_who(enrollment)} avisó fuera de término que no va a la clase de {_of_class(enrollment.booking, now)}. "
        f"¿Le cobrás los {money}?",
        choices=(
            Choice("Cobrar", f'{ACCEPT}{{"enrollment_id": {enrollment.id}, "cambio": "cobrar"}}'),
            Choice("No cobrar", f'{ACCEPT}{{"enrollment_id": {enrollment.id}, "cambio": "aceptar"}}'),
        ),
        template=_seat_template("clase_baja_tarde", enrollment, now),
    )


def left_series(name: str | None, series: Sequence[SerieView]) -> Bubble:
    who, what, days = name or "Alguien", series[0].servicio_name, say_days(series)
    return Bubble(f"{who} dejó {what}, {days}.", template=_template("clase_baja", who, what, days))


def clashes(serie: SerieView, days: Sequence[datetime], now: datetime) -> Bubble:
    """Dates on which a weekly class was not put into the agenda (local moments)."""
    what, when_ = serie.servicio_name, say_list([f"{day.day}/{day.month}" for day in days])
    return Bubble(
        f"No puse {what} en la agenda el {when_}: a esa hora tenés otra cosa o está cerrado.",
        template=_template("clase_no_agendada", what, when_),
    )


def _seat_template(name: str, enrollment: EnrollmentView, now: datetime) -> Template:
    occurrence = enrollment.booking
    return _template(name, _who(enrollment), occurrence.servicio_name, when(occurrence, now))


# To the client


def enrolled_by_profesional(enrollment: EnrollmentView, now: datetime) -> Bubble:
    occurrence = enrollment.booking
    return Bubble(
        f"{occurrence.profesional_name} te anotó en la clase de {_of_class(occurrence, now)}{where(occurrence)}.",
        template=_to_cliente("clase_confirmada", occurrence, now),
    )


def joined_by_profesional(series: Sequence[SerieView]) -> Bubble:
    first, days = series[0], say_days(series)
    return Bubble(
        f"{first.profesional_name} te anotó en {first.servicio_name}, {days}.",
        template=_template("clase_confirmada", first.profesional_name, first.servicio_name, days),
    )


def removed(enrollment: EnrollmentView, now: datetime, reason: str | None, credit_minor: int) -> Bubble:
    occurrence = enrollment.booking
    return Bubble(
        f"{occurrence.profesional_name} te dio de baja de la clase de {_of_class(occurrence, now)}."
        f"{_reason(reason)}{credit_left(credit_minor, enrollment.currency)}",
        template=_to_cliente("clase_baja_por_profesional", occurrence, now),
    )


def removed_from_series(series: Sequence[SerieView], reason: str | None) -> Bubble:
    first, days = series[0], say_days(series)
    return Bubble(
        f"{first.profesional_name} te dio de baja de {first.servicio_name}, {days}.{_reason(reason)}",
        template=_template("clase_baja_por_profesional", first.profesional_name, first.servicio_name, days),
    )


def waived(enrollment: EnrollmentView, now: datetime) -> Bubble:
    occurrence = enrollment.booking
    return Bubble(
        f"{occurrence.profesional_name} no te cobra la clase de {_of_class(occurrence, now)}.",
        template=_to_cliente("clase_sin_cargo", occurrence, now),
    )


def class_cancelled(
    occurrence: BookingView, now: datetime, reason: str | None, *, credit_minor: int = 0
) -> Bubble:
    return Bubble(
        f"{occurrence.profesional_name} canceló la clase de {_of_class(occurrence, now)}."
        f"{_reason(reason)}{credit_left(credit_minor, occurrence.currency)}",
        template=_to_cliente("clase_cancelada", occurrence, now),
    )


def class_moved(before: BookingView, after: BookingView, now: datetime) -> Bubble:
    return Bubble(
        f"{after.profesional_name} pasó la clase de {_of_class(before, now)} al {when(after, now)}{where(after)}. "
        "Si no podés ir, avisame y te saco de esa clase.",
        template=_template(
            "clase_movida", after.profesional_name, after.servicio_name, when(before, now), when(after, now)
        ),
    )


def series_ended(serie: SerieView, last_day: str, *, credit_minor: int = 0, currency: str = "ARS") -> Bubble:
    """`last_day`: the last class, as it is said; empty where there is none ahead."""
    days = say_days([serie])
    until = f" La última clase es el {last_day}." if last_day else ""
    return Bubble(
        f"{serie.profesional_name} deja de dar {serie.servicio_name} {days}.{until}"
        f"{credit_left(credit_minor, currency)}",
        template=_template("clase_terminada", serie.profesional_name, serie.servicio_name, days),
    )


def seat_offered(espera: EsperaView, now: datetime) -> Bubble:
    """A seat, a place in a series or a 1:1 time is held for whoever is first in line."""
    if espera.serie_id is not None:
        return _offer(espera, f"¡Se liberó un lugar fijo en {espera.servicio_name}", "Te lo guardo", now)
    assert espera.offered is not None  # an offer of a seat or a time always names it
    at, what = when(espera.offered, now), espera.servicio_name
    if espera.booking is not None:
        return _offer(espera, f"¡Se liberó un lugar en {what} del {at}", "Te lo guardo", now)
    said = f"¡Se liberó un turno de {what} con {espera.profesional_name}: {at}{where(espera.offered)}"
    return _offer(espera, said, "Te lo guardo", now)


def _offer(espera: EsperaView, head: str, keep: str, now: datetime) -> Bubble:
    assert espera.offer_expires_at is not None
    until = _moment(espera, espera.offer_expires_at, now)
    return Bubble(
        f"{head}! {keep} hasta el {until}. ¿Lo querés?",
        choices=(
            Choice("Sí, lo quiero", f'{ACCEPT}{{"espera_id": {espera.id}}}'),
            Choice("No, gracias", f'{DECLINE}{{"espera_id": {espera.id}}}'),
        ),
        template=_template("lugar_liberado", espera.profesional_name, espera.servicio_name, until),
    )


def _moment(espera: EsperaView, at: datetime, now: datetime) -> str:
    return say_datetime(at.astimezone(espera.tz), now.astimezone(espera.tz).date())


def offer_lapsed(espera: EsperaView) -> Bubble:
    return Bubble(
        f"Como no tuve respuesta, el lugar de {espera.servicio_name} que te guardaba quedó para otra persona. "
        "Si querés, te anoto de nuevo en la lista de espera.",
        template=_template("lugar_vencido", espera.profesional_name, espera.servicio_name),
    )


def wait_over(espera: EsperaView, now: datetime, reason: str | None = None) -> Bubble:
    """What the client waited for takes place no more."""
    what = espera.servicio_name if espera.booking is None else _of_class(espera.booking, now)
    return Bubble(
        f"{espera.profesional_name} canceló la clase de {what}, así que te saqué de la lista de espera."
        f"{_reason(reason)}",
        template=_template("espera_terminada", espera.profesional_name, espera.servicio_name),
    )


def offer_taken(espera: EsperaView, now: datetime) -> Bubble:
    """To the professional: a freed 1:1 time was taken by whoever waited."""
    assert espera.offered is not None
    return Bubble(
        f"{_who(espera)}, de la lista de espera, tomó el turno que se liberó: {espera.servicio_name}, "
        f"{moment(espera.offered, espera.offered.starts_at, now)}.",
        template=_template(
            "turno_nuevo", espera.cliente_name or "Alguien", espera.servicio_name, when(espera.offered, now)
        ),
    )


def _to_cliente(name: str, occurrence: BookingView, now: datetime) -> Template:
    """A template to the client: professional, service, when."""
    return _template(name, occurrence.profesional_name, occurrence.servicio_name, when(occurrence, now))
