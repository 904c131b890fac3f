"""Who came: to a class or to a session, in words ("vinieron todos menos Ana") or by passing the list."""

from __future__ import annotations

from datetime import timedelta

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.class_choice import say_class
from actions.forms import OperationForm, Slots
from actions.roster import named_day
from actions.turn import Turn
from actions.who import meant_people
from actions.wording import booking_phrase, offer_title
from vallebot.domain.attendance import ABSENT, CAME, Said, excepted, read_attendance
from vallebot.domain.matching import Candidate, Nobody, One, choose_option, decide, match
from vallebot.domain.spanish import say_list
from vallebot.domain.states import BookingState
from vallebot.errors import VallebotError
from vallebot.services import agenda, bookings, rosters
from vallebot.services.records import BookingView
from vallebot.services.rosters import Attendance

FORM = "registrar_asistencia_form"

#: Without a day, what began in this many days is meant.
DAYS_BACK = 3
LATELY = timedelta(hours=12)
LISTED = 10


class ValidateRegistrarAsistenciaForm(OperationForm):
    """Finds the class or session, and who came. `asistencia`: {"vino": ids, "falto": ids, "resto": state or None};
    of a session only whether its client came."""

    form = FORM
    parts = frozenset({True})
    slots = ("booking_id", "asistencia", "nombre")
    confirms = ("booking_id",)

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        tapped = self._tapped(turn)
        if tapped or not turn.text:
            return tapped or None
        if requested == "booking_id":
            places = begun(turn)
            place = choose_option(turn.text, [(offer_title(turn, one.starts_at), None) for one in places])
            if isinstance(place, int):
                return {"booking_id": places[place].id}
        named = turn.values("persona") or excepted(turn.text)
        default = ABSENT if requested == "asistencia" else None
        said = read_attendance(turn.text, named, default=default)
        if requested == "asistencia" and said == Said():
            said = self._answer(turn)
        if not named and said == Said() and requested is not None:
            return None
        return self._found(turn, known["booking_id"], named, said)

    @staticmethod
    def _tapped(turn: Turn) -> Slots:
        found: Slots = {}
        if turn.tapped("booking_id") is not None:
            found["booking_id"] = int(turn.tapped("booking_id"))
        if turn.tapped("contenido") is not None:
            found["asistencia"] = {"vino": [], "falto": [], "resto": str(turn.tapped("contenido"))}
        if turn.tapped("cliente_id") is not None:
            found["asistencia"] = {"vino": [], "falto": [int(turn.tapped("cliente_id"))], "resto": CAME}
        return found

    @staticmethod
    def _answer(turn: Turn) -> Said:
        """'Nadie' or 'ninguno' to "¿quién faltó?": everybody came."""
        nobody = turn.intent == "negar" or turn.text.strip().lower().startswith(("nadie", "ningun"))
        return Said(rest=CAME) if nobody else Said()

    def _found(self, turn: Turn, booking_id: int | None, named: list[str], said: Said) -> Slots:
        """The class or session that all of it fits, the latest first."""
        candidates = [one for one in begun(turn) if booking_id in (None, one.id)]
        for one in candidates:
            people = people_in(turn, one)
            ids = {name: meant_people(name, people) for name in named}
            if named and not all(len(found) == 1 for found in ids.values()):
                continue
            if said == Said():
                return {"booking_id": one.id} if named else {}
            return {
                "booking_id": one.id if named or len(candidates) == 1 else booking_id,
                "asistencia": {
                    "vino": [ids[name][0] for name in said.came],
                    "falto": [ids[name][0] for name in said.absent],
                    "resto": said.rest,
                },
            }
        return {"nombre": ", ".join(named)} if named else {}

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return "la asistencia"

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        candidates = begun(turn)
        if state["booking_id"] is not None or state["nombre"] is not None:
            return
        # "Vinieron todos", "tomar lista": the class of today, where there was one.
        classes = [one for one in candidates if one.kind == "clase" and turn.now - one.starts_at < LATELY]
        for few in (candidates, classes):
            if len(few) == 1:
                state["booking_id"] = few[0].id
                return

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        if state["nombre"] is not None:
            return None
        if state["booking_id"] is None:
            return "booking_id" if begun(turn) else None
        return "asistencia" if state["asistencia"] is None else None


def begun(turn: Turn) -> list[BookingView]:
    """Classes and sessions that have begun, the latest first: of the day and service that are named, else of the
    last days."""
    day = named_day(turn)
    first, last = day or (turn.today - timedelta(days=DAYS_BACK), turn.today)
    entries = agenda.agenda(turn.runtime.sessions, turn.actor, first, last)
    held = [
        one
        for one in entries
        if one.starts_at <= turn.now
        and one.state in (BookingState.CONFIRMADO, BookingState.REALIZADO, BookingState.AUSENTE)
    ]
    return list(reversed(_of_service(turn, held)))


def _of_service(turn: Turn, held: list[BookingView]) -> list[BookingView]:
    words = turn.values("servicio")
    services = {one.servicio_id: one.servicio_name for one in held}
    if not words:
        return held
    found = decide(match(words[0], [Candidate(key, name) for key, name in services.items()]))
    if isinstance(found, Nobody):
        return held
    meant = {found.candidate.key} if isinstance(found, One) else {c.key for c in found.candidates}
    return [one for one in held if one.servicio_id in meant]


def people_in(turn: Turn, one: BookingView) -> list[tuple[int, str]]:
    """(client id, name) of those who should have come."""
    if one.kind != "clase":
        return [(one.cliente_id, one.cliente_name or "")] if one.cliente_id is not None else []
    seats = rosters.roster(turn.runtime.sessions, turn.actor, one.id).enrollments
    return [(seat.cliente_id, seat.cliente_name or "") for seat in seats if seat.state != "ofrecido"]


class AskBookingId(VallebotAction):
    """Which class or session, the latest first."""

    def name(self) -> str:
        return f"action_ask_{FORM}_booking_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        buttons = [
            choice(
                offer_title(turn, one.starts_at),
                f'/registrar_asistencia{{"booking_id": {one.id}}}',
                one.servicio_name + (f", {one.cliente_name}" if one.cliente_name else ""),
            )
            for one in begun(turn)[:LISTED]
        ]
        dispatcher.utter_message(
            response="utter_asistencia_de_cual", buttons=buttons, json_message={"list_button": "Ver turnos"}
        )
        return []


class AskAsistencia(VallebotAction):
    """Who was missing, by name."""

    def name(self) -> str:
        return f"action_ask_{FORM}_asistencia"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        one = booking_at(turn, int(turn.slot("booking_id")))
        people = people_in(turn, one)
        if one.kind != "clase":
            buttons = [
                choice("Vino", f'/registrar_asistencia{{"contenido": "{CAME}"}}'),
                choice("No vino", f'/registrar_asistencia{{"contenido": "{ABSENT}"}}'),
            ]
            phrase = booking_phrase(turn, one, with_client=True)
            dispatcher.utter_message(response="utter_asistencia_vino", turno=phrase, buttons=buttons)
            return []
        everybody = choice("Vinieron todos", f'/registrar_asistencia{{"contenido": "{CAME}"}}')
        missing = [
            choice(f"Faltó {name}", f'/registrar_asistencia{{"cliente_id": {key}}}') for key, name in people
        ]
        names = say_list([name or "Sin nombre" for _, name in people])
        dispatcher.utter_message(
            response="utter_asistencia_quienes" if people else "utter_asistencia_vacia",
            clase=say_class(turn, one),
            nombres=names,
            buttons=[everybody, *missing[: LISTED - 1]] if people else [],
            json_message={"list_button": "Pasar lista"},
        )
        return []


def booking_at(turn: Turn, booking_id: int) -> BookingView:
    """A session or class of the professional. Raises NotFoundError."""
    return bookings.get_booking(turn.runtime.sessions, turn.actor, booking_id)


class ActionRegistrarAsistencia(VallebotAction):
    """Notes it down; it may be put right later in the same way."""

    def name(self) -> str:
        return "action_registrar_asistencia"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        done = [SlotSet(name, None) for name in ValidateRegistrarAsistenciaForm.slots]
        booking_id, said = turn.slot("booking_id"), turn.slot("asistencia")
        if booking_id is None or said is None:
            name = turn.slot("nombre")
            response = "utter_asistencia_desconocido" if name else "utter_asistencia_nada"
            dispatcher.utter_message(response=response, cliente=name or "")
            return done
        one = booking_at(turn, int(booking_id))
        try:
            if one.kind == "clase":
                _mark_class(dispatcher, turn, one, said)
            else:
                _mark_session(dispatcher, turn, one, said)
        except VallebotError as error:
            if error.code != "not_enrolled":
                raise
            dispatcher.utter_message(response="utter_asistencia_desconocido", cliente="")
        return done


def _mark_class(dispatcher: CollectingDispatcher, turn: Turn, one: BookingView, said: dict) -> None:
    attendance = Attendance(tuple(said["vino"]), tuple(said["falto"]), said["resto"])
    roster = rosters.record_attendance(
        turn.runtime.sessions,
        turn.actor,
        one.id,
        attendance,
        now=turn.now,
        key=turn.operation_key("attendance"),
    )
    by_state = {
        state: [seat.cliente_name or "Sin nombre" for seat in roster.enrollments if seat.state == state]
        for state in (CAME, ABSENT)
    }
    vinieron = f" Vinieron {len(by_state[CAME])}." if by_state[CAME] else ""
    faltaron = f" No vino: {say_list(by_state[ABSENT])}." if by_state[ABSENT] else ""
    dispatcher.utter_message(
        response="utter_asistencia_clase", clase=say_class(turn, one), vinieron=vinieron, faltaron=faltaron
    )


def _mark_session(dispatcher: CollectingDispatcher, turn: Turn, one: BookingView, said: dict) -> None:
    absent = one.cliente_id in said["falto"] or said["resto"] == ABSENT
    mark = bookings.mark_absent if absent else bookings.mark_done
    marked = mark(
        turn.runtime.sessions, turn.actor, one.id, now=turn.now, key=turn.operation_key("attendance")
    )
    phrase = booking_phrase(turn, marked, with_client=True)
    dispatcher.utter_message(
        response="utter_asistencia_ausente" if absent else "utter_asistencia_presente", turno=phrase
    )
