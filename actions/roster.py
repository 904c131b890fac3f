"""Who is in a class: the roster for its professional, how many for a client."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.class_choice import CLASS_SLOTS, classes_wished, read_class, say_class
from actions.turn import Turn
from actions.who import known_people, meant_people, name_of
from actions.wording import offer_title
from vallebot.domain.windows import wish_of
from vallebot.services import agenda, bookings, rosters
from vallebot.services.records import BookingView
from vallebot.services.texts import clients as texts

#: Classes of the next days that a question without a name may mean.
LISTED = 10


class ActionVerInscriptos(VallebotAction):
    """The roster of the class that is named, or of the next one."""

    def name(self) -> str:
        return "action_ver_inscriptos"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional and turn.values("persona"):
            _say_whether_in(dispatcher, turn, turn.values("persona")[0])
            return []
        found = _named(turn)
        if not found:
            kind = "_profesional" if turn.is_profesional else ""
            dispatcher.utter_message(response=f"utter_sin_clases{kind}", profesional=turn.card.name)
        elif not turn.is_profesional:
            one = found[0]
            dispatcher.utter_message(
                response="utter_inscriptos_cliente",
                clase=say_class(turn, one),
                tomados=one.taken_seats or 0,
                cupo=one.capacity or 0,
            )
        elif len(found) > 1 and turn.cuando is not None:
            _ask_which(dispatcher, turn, found)
        else:
            say_roster(dispatcher, turn, found[0].id)
        return []


def say_roster(dispatcher: CollectingDispatcher, turn: Turn, booking_id: int) -> None:
    """The roster, with what is done with one: passing the list once it has begun, writing to everybody in it."""
    roster = rosters.roster(turn.runtime.sessions, turn.actor, booking_id)
    buttons = []
    if roster.enrollments and roster.booking.starts_at <= turn.now:
        buttons.append(choice("Pasar lista", f'/registrar_asistencia{{"booking_id": {booking_id}}}'))
    if roster.enrollments and roster.booking.ends_at > turn.now:
        buttons.append(choice("Mandarles mensaje", f'/avisar_clientes{{"booking_id": {booking_id}}}'))
    dispatcher.utter_message(
        response="utter_inscriptos", inscriptos=texts.roster_text(roster, turn.today), buttons=buttons
    )


def _named(turn: Turn) -> list[BookingView]:
    """The classes that the words or the tap may mean, ahead (for the professional also past), in order."""
    if turn.tapped("booking_id") is not None:
        return [rosters.get_class(turn.runtime.sessions, turn.actor, int(turn.tapped("booking_id")))]
    state = dict.fromkeys(CLASS_SLOTS)
    state |= read_class(turn, dict.fromkeys(CLASS_SLOTS), None)
    past = past_classes(turn, state["servicio_id"]) if turn.is_profesional else []
    return past or classes_wished(turn, state)


def past_classes(turn: Turn, servicio_id: int | None) -> list[BookingView]:
    """The professional's classes of a day that is named and that has classes begun or over ("ayer", "hoy")."""
    days = named_day(turn)
    if days is None:
        return []
    entries = agenda.agenda(turn.runtime.sessions, turn.actor, *days)
    classes = [one for one in entries if one.kind == "clase" and servicio_id in (None, one.servicio_id)]
    return [one for one in classes if _at_that_hour(turn, one)]


def named_day(turn: Turn) -> tuple[date, date] | None:
    """First and last local day of what is named, also in the past."""
    said = turn.cuando.past if turn.cuando is not None and turn.cuando.past is not None else turn.cuando
    if said is None or said.kind not in ("date", "datetime", "datetime_range", "time"):
        return None
    first = said.start
    if isinstance(first, time) or first is None:
        return turn.today, turn.today
    day = first.date() if isinstance(first, datetime) else first
    return day, day


def _at_that_hour(turn: Turn, one: BookingView) -> bool:
    said = turn.cuando.past if turn.cuando is not None and turn.cuando.past is not None else turn.cuando
    if said is None or said.kind not in ("time", "datetime"):
        return True
    start = said.start
    return isinstance(start, (time, datetime)) and (start.hour, start.minute) == (
        turn.local(one.starts_at).hour,
        turn.local(one.starts_at).minute,
    )


def day_stretch(turn: Turn) -> tuple[datetime, datetime] | None:
    """The moments that are named: a day, or the hours of one; None where none lies ahead."""
    wish = wish_of(turn.cuando, turn.now, turn.tz)
    if wish is None:
        return None
    if wish.exact is not None:
        return wish.exact, wish.exact + timedelta(minutes=1)
    return wish.ranges[0][0], wish.ranges[-1][1]


def _ask_which(dispatcher: CollectingDispatcher, turn: Turn, found: list[BookingView]) -> None:
    buttons = [
        choice(
            offer_title(turn, one.starts_at), f'/ver_inscriptos{{"booking_id": {one.id}}}', one.servicio_name
        )
        for one in found[:LISTED]
    ]
    dispatcher.utter_message(
        response="utter_cual_clase", buttons=buttons, json_message={"list_button": "Ver clases"}
    )


def _say_whether_in(dispatcher: CollectingDispatcher, turn: Turn, name: str) -> None:
    """'¿Está Carla anotada?': her next classes."""
    meant = meant_people(name, known_people(turn))
    if len(meant) != 1:
        dispatcher.utter_message(response="utter_cliente_desconocido", cliente=name)
        return
    ahead = bookings.bookings_of(turn.runtime.sessions, turn.actor, cliente_id=meant[0], since=turn.now)
    classes = [one for one in ahead if one.enrollment_state == "inscripto"]
    dispatcher.utter_message(
        response="utter_esta_inscripta" if classes else "utter_no_esta_inscripta",
        cliente=name_of(turn, meant[0]),
        clase=say_class(turn, classes[0]) if classes else "",
    )
