"""Answers composed of several facts: bookings, the agenda, free time, services, the rules of the house."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from vallebot.domain.spanish import (
    say_at,
    say_date,
    say_date_range,
    say_datetime,
    say_duration,
    say_list,
    say_money,
    say_time,
)
from vallebot.domain.states import LateCancellation
from vallebot.services.catalogue import ProfesionalCard, ServicioCard
from vallebot.services.records import BookingView

#: Said when a message was parked: nothing of ours could work it through.
SORRY = (
    "Perdón, tuve un problema con tu mensaje y no lo pude resolver. "
    "Probá decirlo de otra manera, o escribí *hablar con una persona*."
)

#: Said where no rule had an answer.
SAY_AGAIN = "Perdón, ahí me perdí. ¿Me decís de nuevo qué necesitás?"

#: Over the next page of a list that was too long for one.
MORE = "Hay más opciones:"

#: Said when a greeting arrives long after it was sent.
LATE_HELLO = "¡Hola! Recién me llega tu mensaje. ¿Te ayudo con algo?"
#: Buttons of the question about a message that arrived late, and what is said to "no".
LATE_YES, LATE_NO = "Sí, sigue en pie", "Ya no"
LATE_LEFT = "Listo, lo dejo sin efecto. Si necesitás otra cosa, escribime."
_LATE_QUOTE_MAX_CHARS = 160

#: So much of a voice note is repeated: enough to see that it was heard right.
HEARD_MAX_CHARS = 140


def heard_text(words: str) -> str:
    """What was understood of a voice note, in front of the answer: «Te escuché: …»."""
    shown = " ".join(words.split())
    if len(shown) > HEARD_MAX_CHARS:
        shown = shown[:HEARD_MAX_CHARS].rsplit(" ", 1)[0] + "…"
    return f"Te escuché: _{shown.replace('_', ' ')}_"


_STATE_NOTES = {"pendiente": " (por confirmar)", "ofrecido": " (ofrecido)", "ausente": " (no vino)"}


def late_question(words: str, sent_at: datetime, today: date) -> str:
    """Whether a message that arrived late still holds; `sent_at` in the professional's zone.

    "Recién me llega tu mensaje de hoy a las 14:30: «quiero turno». ¿Sigue en pie?"
    """
    day = sent_at.date()
    when = {today: "de hoy", today - timedelta(days=1): "de ayer"}.get(day) or f"del {say_date(day, today)}"
    quoted = " ".join(words.split())
    if len(quoted) > _LATE_QUOTE_MAX_CHARS:
        quoted = quoted[:_LATE_QUOTE_MAX_CHARS].rstrip() + "…"
    return f"Recién me llega tu mensaje {when} {say_at(sent_at)}: «{quoted}». ¿Sigue en pie?"


def bookings_text(bookings: Sequence[BookingView], today: date) -> str:
    """A client's bookings ahead, one a line."""
    lines = [f"• {_own_line(booking, today)}" for booking in bookings]
    head = "Tenés este turno:" if len(lines) == 1 else f"Tenés {len(lines)} turnos:"
    return "\n".join([head, *lines])


def _own_line(booking: BookingView, today: date) -> str:
    when = say_datetime(booking.local_start, today)
    place = f", en {booking.place}" if booking.place else ""
    return f"*{when}*: {booking.servicio_name} con {booking.profesional_name}{place}{_note(booking)}"


def _note(booking: BookingView) -> str:
    return _STATE_NOTES.get(booking.state, "")


def agenda_text(entries: Sequence[BookingView], first: date, last: date, today: date) -> str:
    """A professional's agenda of a stretch of days, one booking a line, a heading a day."""
    days = span_text(first, last, today)
    if not entries:
        return f"No tenés turnos {days}."
    if first == last:
        lines = [_agenda_line(entry) for entry in entries]
        count = "1 turno" if len(entries) == 1 else f"{len(entries)} turnos"
        return "\n".join([f"Tenés {count} {days}:", *lines])
    parts = []
    for day, of_day in groupby(entries, key=lambda entry: entry.local_start.date()):
        parts.append("\n".join([f"*{say_date(day, today).capitalize()}*", *map(_agenda_line, of_day)]))
    return "\n\n".join(parts)


def _agenda_line(entry: BookingView) -> str:
    if entry.capacity is not None:
        who = f"{entry.servicio_name} ({entry.taken_seats}/{entry.capacity})"
    else:
        who = f"{entry.cliente_name or 'sin nombre'}, {entry.servicio_name}"
    return f"• {say_time(entry.local_start)} {who}{_note(entry)}"


def free_text(starts: Iterable[datetime], step: timedelta, first: date, last: date, today: date) -> str:
    """The free time of some days from the (local) starts that a session could have there.

    Starts that follow each other by `step` are one stretch: 'de 9:00 a 12:30' are possible beginnings.
    """
    days = []
    for day, of_day in groupby(sorted(starts), key=lambda start: start.date()):
        days.append(f"{say_date(day, today, relative=True)} {say_list(_stretches(list(of_day), step))}")
    if not days:
        return f"No te queda lugar libre {span_text(first, last, today)}."
    return "Tenés libre:\n" + "\n".join(f"• {day}" for day in days)


def _stretches(starts: list[datetime], step: timedelta) -> list[str]:
    stretches: list[list[datetime]] = []
    for start in starts:
        if stretches and start - stretches[-1][1] <= step:
            stretches[-1][1] = start
        else:
            stretches.append([start, start])
    return [
        f"a las {say_time(begin)}" if begin == end else f"de {say_time(begin)} a {say_time(end)}"
        for begin, end in stretches
    ]


def span_text(first: date, last: date, today: date) -> str:
    """'hoy', 'mañana', 'el jueves 27', 'del lunes 24 al viernes 28'."""
    if first != last:
        return say_date_range(first, last, today)
    said = say_date(first, today, relative=True)
    return said if said in ("hoy", "mañana") else f"el {said}"


def services_text(services: Sequence[ServicioCard]) -> str:
    """Services with duration and price, one a line."""
    return "\n".join(f"• {_service_line(service)}" for service in services)


def _service_line(service: ServicioCard) -> str:
    price = say_money(service.price_minor, service.currency) if service.price_minor else "sin cargo"
    monthly = " por mes" if service.billing == "mensual" else ""
    return f"*{service.name}*: {say_duration(service.duration_minutes)}, {price}{monthly}"


def policy_text(card: ProfesionalCard, services: Sequence[ServicioCard] = ()) -> str:
    """Cancelling and paying, as this professional has set them; services with a rule of their own are named."""
    lines = [f"Podés cancelar o cambiar tu turno sin costo hasta {_hours_before(card.cancellation_hours)}."]
    lines += _own_rules(card, services)
    late = {service.late_cancellation for service in services}
    if late == {LateCancellation.COBRAR.value}:
        lines.append("Después de eso, se cobra igual.")
    elif late == {LateCancellation.CONSULTAR.value}:
        lines.append(f"Después de eso, le consulto a {card.name}.")
    return "\n".join(lines + _payment_lines(card))


def own_policy_text(card: ProfesionalCard, services: Sequence[ServicioCard] = ()) -> str:
    """The same for the professional whose rules they are, with how to change them."""
    accepts = "se confirman solos" if card.auto_confirm else "los confirmás vos"
    notice = f"con al menos {say_duration(card.minimum_notice_minutes)} de anticipación y " * bool(
        card.minimum_notice_minutes
    )
    lines = [
        f"Tus clientes cancelan sin costo hasta {_hours_before(card.cancellation_hours)}.",
        *_own_rules(card, services),
        f"Los turnos {accepts}; se reserva {notice}hasta {card.horizon_days} días para adelante.",
    ]
    paying = _payment_lines(card) or ["Todavía no cargaste alias ni CBU: decime _mi alias es…_ y lo paso."]
    return "\n".join(lines + paying)


def _own_rules(card: ProfesionalCard, services: Sequence[ServicioCard]) -> list[str]:
    own = [service for service in services if service.cancellation_hours != card.cancellation_hours]
    return [f"*{service.name}*: hasta {_hours_before(service.cancellation_hours)}." for service in own]


def _hours_before(hours: int) -> str:
    return "el momento de empezar" if not hours else f"{hours} hora{'s' * (hours != 1)} antes"


def _payment_lines(card: ProfesionalCard) -> list[str]:
    lines = [f"Para transferir, el alias es *{card.payment_alias}*."] if card.payment_alias else []
    return [*lines, f"CBU: {card.payment_cbu}."] if card.payment_cbu else lines
