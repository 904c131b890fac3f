"""What clients and professionals are told outside bookings: messages, delays; and a client's record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from vallebot.domain.spanish import say_date, say_datetime, say_duration, say_list
from vallebot.domain.states import EnrollmentState
from vallebot.services.clientele import ClienteRecord
from vallebot.services.outbox import Bubble, Template
from vallebot.services.records import BookingView
from vallebot.services.rosters import Roster
from vallebot.services.texts.relationship import say_amounts, say_weekly

#: Bubbles stay short: longer rosters and records are cut with a count.
MOST_LINES = 30


def message_of(profesional: str, said: str) -> Bubble:
    """A professional's own words to a client; outside the window a one-line notice with "Ver"."""
    return Bubble(
        f"Mensaje de {profesional}: {said}", template=Template("mensaje_profesional", (profesional,))
    )


def cliente_late(booking: BookingView, now: datetime, minutes: int | None) -> Bubble:
    """To the professional: a client is on their way, and late."""
    late = f"llega {say_duration(minutes)} tarde" if minutes else "llega un poco tarde"
    who, what, at = booking.cliente_name or "Alguien", booking.servicio_name, _moment(booking, now)
    return Bubble(
        f"{who} avisa que {late}: {what}, {at}.",
        template=Template("demora_cliente", (who, what, at)),
    )


def profesional_late(booking: BookingView, now: datetime, minutes: int) -> Bubble:
    """To a client: the professional is running late."""
    who, what, at = booking.profesional_name, booking.servicio_name, _moment(booking, now)
    return Bubble(
        f"{who} viene con unos {say_duration(minutes)} de demora. Tu {what} de {at} arranca un poco más tarde. "
        "¡Gracias por esperar!",
        template=Template("demora_profesional", (who, what, at, say_duration(minutes))),
    )


def _moment(booking: BookingView, now: datetime) -> str:
    return say_datetime(booking.local_start, now.astimezone(booking.tz).date(), relative=True)


def roster_text(roster: Roster, today: date) -> str:
    """Who is in a class, what they said or did, and who waits."""
    booking = roster.booking
    seated = [one for one in roster.enrollments if one.state != EnrollmentState.OFRECIDO]
    at = say_datetime(booking.local_start, today, relative=True)
    head = f"*{booking.servicio_name}*, {at} ({len(seated)} de {booking.capacity})"
    lines = [f"• {one.cliente_name or 'Sin nombre'}{_mark(one)}" for one in seated[:MOST_LINES]]
    if len(seated) > MOST_LINES:
        lines.append(f"y {len(seated) - MOST_LINES} más")
    if not seated:
        lines.append("Todavía no hay nadie anotado.")
    waiting = [one.cliente_name or "Sin nombre" for one in roster.waiting]
    if waiting:
        lines.append(f"En espera: {say_list(waiting)}.")
    return "\n".join([head, *lines])


def _mark(seat: object) -> str:
    state, coming = getattr(seat, "state", ""), getattr(seat, "attendance_confirmed_at", None)
    if state == EnrollmentState.AUSENTE:
        return " (no vino)"
    if state == EnrollmentState.ASISTIO:
        return " (vino)"
    return " (confirmó)" if coming is not None else ""


def record_text(record: ClienteRecord, tz: ZoneInfo, today: date) -> str:
    """What a professional wants to know of a client: what is ahead, what was, what is owed, notes."""
    known, card = record.snapshot, record.cliente
    name, phone = card.name or "Sin nombre", card.phone_e164 or "sin teléfono"
    lines = [f"*{name}* ({phone})"]
    lines += [f"Próximo: {_visit(visit, tz, today)}" for visit in known["next"][:3]]
    lines += [f"Último: {_visit(visit, tz, today)}" for visit in known["last"][:1]]
    if known["classes"]:
        lines.append("En clase: " + say_list([say_weekly(serie) for serie in known["classes"]]))
    if known["waiting"]:
        lines.append("En espera: " + say_list([wait["servicio"] for wait in known["waiting"]]))
    lines.append(f"Vino {_times(known['visits'])}, faltó {_times(known['absences'])}.")
    for key, words in (("owed", "Debe"), ("informed", "Informó"), ("credit", "A favor")):
        if known[key]:
            lines.append(f"{words}: {say_amounts(known[key])}")
    if record.notes:
        lines.append(f"Nota: {record.notes}")
    if not card.notices_accepted:
        lines.append("Pidió no recibir avisos.")
    return "\n".join(lines)


def _visit(visit: dict, tz: ZoneInfo, today: date) -> str:
    at = datetime.fromisoformat(visit["starts_at"]).astimezone(tz)
    state = {"ausente": " (no vino)", "pendiente": " (por confirmar)"}.get(visit["state"], "")
    return f"{visit['servicio']}, {say_datetime(at, today)}{state}"


def _times(count: int) -> str:
    return "1 vez" if count == 1 else f"{count} veces"


def people_text(names: Sequence[str]) -> str:
    """'3 personas (Ana, Beto y Caro)'; long lists are counted."""
    shown = [*names[:6], *([f"{len(names) - 6} más"] if len(names) > 6 else [])]
    count = "1 persona" if len(names) == 1 else f"{len(names)} personas"
    return f"{count} ({say_list(shown)})"


def day_text(day: date, today: date) -> str:
    """'hoy', 'el jueves 27'."""
    said = say_date(day, today, relative=True)
    return said if said in ("hoy", "mañana") else f"el {said}"
