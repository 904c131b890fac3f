"""What both sides are told about bookings. Pure: a booking in, a bubble out.

Each bubble names a template for when the 24-hour window is closed; its parameters are the same facts in one line.
"""

from __future__ import annotations

from datetime import datetime

from vallebot.domain.spanish import say_date, say_datetime, say_money, say_time
from vallebot.domain.states import BookingState, PlaceMode
from vallebot.services.outbox import Bubble, Choice, Template
from vallebot.services.records import BookingView

ACCEPT = "/confirmar_turno"
CANCEL = "/cancelar_turno"
MOVE = "/reprogramar_turno"
AGENDA_MAX_LINES = 60  #: keeps the bubble under WhatsApp's 4096 characters
_OTHER_TIME = "Si querés, te busco otro horario."


def when(booking: BookingView, now: datetime, *, relative: bool = False) -> str:
    """'jueves 27 a las 17:00', in the professional's zone."""
    return say_datetime(booking.local_start, now.astimezone(booking.tz).date(), relative=relative)


def moment(booking: BookingView, at: datetime, now: datetime) -> str:
    """Another moment, said in the same zone."""
    return say_datetime(at.astimezone(booking.tz), now.astimezone(booking.tz).date())


def where(booking: BookingView) -> str:
    """' en Av. Rivadavia 1234', ' a domicilio (Salta 100)', ' online', or nothing where no place is known."""
    if booking.place_mode == PlaceMode.ONLINE:
        return f" online ({booking.place})" if booking.place else " online"
    if booking.place_mode == PlaceMode.DOMICILIO:
        return f" a domicilio ({booking.place})" if booking.place else " a domicilio"
    return f" en {booking.place}" if booking.place else ""


def choice(title: str, operation: str, booking: BookingView, **more: str) -> Choice:
    """A button for this booking: `/confirmar_turno{"booking_id": 12}`."""
    extra = "".join(f', "{name}": "{value}"' for name, value in more.items())
    return Choice(title, f'{operation}{{"booking_id": {booking.id}{extra}}}')


def _template(name: str, *parameters: str) -> Template:
    """Parameters of a template take no line breaks."""
    return Template(name, tuple(" ".join(parameter.split()) for parameter in parameters))


def who(booking: BookingView) -> str:
    """The client, as the professional calls them."""
    return booking.cliente_name or "Alguien"


def _reason(reason: str | None) -> str:
    return f" Motivo: {reason}." if reason else ""


def _session(booking: BookingView, now: datetime) -> str:
    """'turno de Masaje del jueves 27 a las 17:00'."""
    return f"turno de {booking.servicio_name} del {when(booking, now)}"


# To the professional


def asked_or_booked(booking: BookingView, now: datetime) -> Bubble:
    """A client booked, or asks for a session that the professional has to accept."""
    what, at = booking.servicio_name, when(booking, now)
    place = where(booking) if booking.place_mode != PlaceMode.CONSULTORIO else ""
    if booking.state != BookingState.PENDIENTE:
        text = f"Nuevo turno: {who(booking)}, {what}, {at}{place}."
        return Bubble(text, template=_of_cliente("turno_nuevo", booking, now))
    until = booking.expires_at or booking.starts_at
    return Bubble(
        f"{who(booking)} pide turno: {what}, {at}{place}. ¿Lo aceptás? "
        f"Si no respondés antes del {moment(booking, until, now)}, el pedido se cae.",
        choices=(choice("Aceptar", ACCEPT, booking), choice("Rechazar", CANCEL, booking)),
        template=_of_cliente("turno_pendiente", booking, now),
    )


def cancelled_by_cliente(booking: BookingView, now: datetime, reason: str | None, cost_minor: int) -> Bubble:
    """`cost_minor`: what the late cancellation leaves owed."""
    text = f"{who(booking)} canceló su {_session(booking, now)}.{_reason(reason)}"
    if cost_minor:
        text += f" Fue fuera de término: queda debiendo {say_money(cost_minor, booking.currency)}."
    return Bubble(text, template=_of_cliente("turno_cancelado_por_cliente", booking, now))


def moved_by_cliente(before: BookingView, after: BookingView, now: datetime) -> Bubble:
    old, new = when(before, now), when(after, now)
    return Bubble(
        f"{who(after)} pasó su turno de {after.servicio_name} del {old} al {new}.",
        template=_template("turno_movido_por_cliente", who(after), after.servicio_name, old, new),
    )


def change_asked(booking: BookingView, now: datetime, reason: str | None) -> Bubble:
    """A change that needs the professional's word: the booking stays as it is until they decide."""
    if booking.change_requested_to is None:
        return Bubble(
            f"{who(booking)} pide cancelar fuera de término su {_session(booking, now)}.{_reason(reason)} "
            "¿Qué hacemos?",
            choices=(
                choice("Cancelar sin cargo", ACCEPT, booking, cambio="aceptar"),
                choice("Cancelar y cobrar", ACCEPT, booking, cambio="cobrar"),
                choice("No cancelar", ACCEPT, booking, cambio="rechazar"),
            ),
            template=_of_cliente("cancelacion_pedida", booking, now),
        )
    to = moment(booking, booking.change_requested_to, now)
    return Bubble(
        f"{who(booking)} pide pasar su {_session(booking, now)} al {to}.{_reason(reason)} ¿Qué hacemos?",
        choices=(
            choice("Aceptar", ACCEPT, booking, cambio="aceptar"),
            choice("No, dejarlo", ACCEPT, booking, cambio="rechazar"),
        ),
        template=_template("cambio_pedido", who(booking), booking.servicio_name, when(booking, now), to),
    )


def expired_to_profesional(booking: BookingView, now: datetime) -> Bubble:
    """Nobody accepted it in time."""
    return Bubble(
        f"Se venció sin respuesta el pedido de {who(booking)}: {booking.servicio_name}, {when(booking, now)}. "
        "Ya le avisé.",
        template=_of_cliente("pedido_vencido", booking, now),
    )


def _of_cliente(name: str, booking: BookingView, now: datetime) -> Template:
    """A template to the professional: client, service, when."""
    return _template(name, who(booking), booking.servicio_name, when(booking, now))


# To the client


def confirmed(booking: BookingView, now: datetime) -> Bubble:
    """The professional accepted."""
    return Bubble(
        f"¡Listo! {booking.profesional_name} confirmó tu turno: "
        f"{booking.servicio_name}, {when(booking, now)}{where(booking)}.",
        template=_to_cliente("turno_confirmado", booking, now),
    )


def booked_for_cliente(booking: BookingView, now: datetime) -> Bubble:
    """The professional booked on the client's behalf."""
    return Bubble(
        f"{booking.profesional_name} te anotó un turno: "
        f"{booking.servicio_name}, {when(booking, now)}{where(booking)}.",
        template=_to_cliente("turno_confirmado", booking, now),
    )


def rejected(booking: BookingView, now: datetime, reason: str | None) -> Bubble:
    """The professional turned the request down."""
    return Bubble(
        f"{booking.profesional_name} no puede darte el {_session(booking, now)}.{_reason(reason)} {_OTHER_TIME}",
        template=_to_cliente("turno_rechazado", booking, now),
    )


def expired_to_cliente(booking: BookingView, now: datetime) -> Bubble:
    """The professional never answered."""
    return Bubble(
        f"{booking.profesional_name} no llegó a confirmar tu {_session(booking, now)}, "
        f"así que quedó sin efecto. {_OTHER_TIME}",
        template=_to_cliente("turno_rechazado", booking, now),
    )


def credit_left(minor: int, currency: str) -> str:
    """What is left for the client of what they paid for something that does not take place; '' for nothing."""
    return f" De lo que pagaste te quedan {say_money(minor, currency)} a favor." if minor else ""


def cancelled_by_profesional(
    booking: BookingView, now: datetime, reason: str | None, credit_minor: int
) -> Bubble:
    """`credit_minor`: what was paid for it, is the client's again, and pays nothing else."""
    credit = credit_left(credit_minor, booking.currency)
    return Bubble(
        f"{booking.profesional_name} canceló tu {_session(booking, now)}.{_reason(reason)}{credit} {_OTHER_TIME}",
        template=_to_cliente("turno_cancelado", booking, now),
    )


def moved_by_profesional(before: BookingView, after: BookingView, now: datetime) -> Bubble:
    old, new = when(before, now), when(after, now)
    return Bubble(
        f"{after.profesional_name} pasó tu turno de {after.servicio_name} del {old} al {new}{where(after)}.",
        template=_template("turno_movido", after.profesional_name, after.servicio_name, old, new),
    )


def change_decided(booking: BookingView, now: datetime, *, approved: bool, cost_minor: int = 0) -> Bubble:
    """The professional's word on what the client asked for too late."""
    if not approved:
        return Bubble(
            f"{booking.profesional_name} no aceptó el cambio: tu {_session(booking, now)} sigue en pie.",
            template=_to_cliente("cambio_rechazado", booking, now),
        )
    cost = "No te queda nada por pagar de ese turno."
    if cost_minor:
        cost = f"Quedan por pagar {say_money(cost_minor, booking.currency)}."
    return Bubble(
        f"{booking.profesional_name} aceptó cancelar tu {_session(booking, now)}. {cost}",
        template=_to_cliente("turno_cancelado", booking, now),
    )


def reminder(booking: BookingView, now: datetime) -> Bubble:
    """'Mañana a las 17:00 tenés turno con Laura...', with what to tap."""
    at = when(booking, now, relative=True)
    said = f"{at[0].upper()}{at[1:]}" if at.startswith(("hoy", "mañana")) else f"El {at}"
    return Bubble(
        f"{said} tenés turno con {booking.profesional_name}: {booking.servicio_name}{where(booking)}. ¿Venís?",
        choices=(
            choice("Sí, voy", ACCEPT, booking),
            choice("Cambiar horario", MOVE, booking),
            choice("No puedo ir", CANCEL, booking),
        ),
        template=_to_cliente("recordatorio_turno", booking, now),
    )


def _to_cliente(name: str, booking: BookingView, now: datetime) -> Template:
    """A template to the client: professional, service, when."""
    return _template(name, booking.profesional_name, booking.servicio_name, when(booking, now))


# The agenda


def agenda_line(booking: BookingView) -> str:
    """'17:00 Ana Gómez, Masaje' or '18:30 Yoga, 4 de 8'; what is not decided yet is marked."""
    at = say_time(booking.local_start)
    if booking.capacity is not None:
        return f"{at} {booking.servicio_name}, {booking.taken_seats} de {booking.capacity}"
    mark = {
        BookingState.PENDIENTE.value: " (sin confirmar)",
        BookingState.OFRECIDO.value: " (ofrecido)",
        BookingState.REALIZADO.value: " (realizado)",
        BookingState.AUSENTE.value: " (no vino)",
    }.get(booking.state, "")
    place = where(booking) if booking.place_mode != PlaceMode.CONSULTORIO else ""
    return f"{at} {who(booking)}, {booking.servicio_name}{place}{mark}"


def agenda_of_the_day(bookings: list[BookingView], name: str, local_now: datetime) -> Bubble:
    """The morning's bubble, for a day that has something in it."""
    count = "1 turno" if len(bookings) == 1 else f"{len(bookings)} turnos"
    today = say_date(local_now.date(), local_now.date())
    lines = [agenda_line(booking) for booking in bookings[:AGENDA_MAX_LINES]]
    if len(bookings) > AGENDA_MAX_LINES:
        lines.append(f"y {len(bookings) - AGENDA_MAX_LINES} más")
    return Bubble(
        "\n".join([f"Buen día, {name}. Hoy, {today}, tenés {count}:", *lines]),
        template=_template("agenda_del_dia", name, count),
    )
