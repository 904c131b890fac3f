"""Which class is meant: one occurrence, or a weekly class as a whole. Read from words and taps, offered with rows.

The slot `clase` holds the choice: 'b12' is the occurrence with bookings.id 12, 's3,4' are the series 3 and 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, choice
from actions.forms import Slots
from actions.turn import Turn
from actions.wording import offer_title, say_when
from vallebot.domain.class_days import hour_said, is_long, means_whole_course, recurring_days
from vallebot.domain.matching import Candidate, Nobody, One, choose_option, decide, match
from vallebot.domain.spanish import say_money
from vallebot.domain.states import Billing, ServicioKind
from vallebot.errors import NotFoundError
from vallebot.services import catalogue, rosters
from vallebot.services.catalogue import ServicioCard
from vallebot.services.class_records import SerieView
from vallebot.services.records import BookingView
from vallebot.services.texts.classes import say_days

#: The slots of a form that asks for a class.
CLASS_SLOTS = ("servicio_id", "servicios_posibles", "cuando", "clase", "ofertas", "motivo")

#: Occurrences offered at once; with a row for each whole course it stays within WhatsApp's ten.
OFFERED = 6
COURSES = 4


def single(booking_id: int) -> str:
    """The choice of one occurrence."""
    return f"b{booking_id}"


def course(series: Sequence[SerieView]) -> str:
    """The choice of weekly classes as a whole."""
    return "s" + ",".join(str(serie.id) for serie in series)


def booking_of(clase: str) -> int | None:
    """bookings.id of a choice that is one occurrence."""
    return int(clase[1:]) if clase.startswith("b") else None


def series_of(clase: str) -> list[int]:
    """series.ids of a choice that is a whole course."""
    return [int(number) for number in clase[1:].split(",")] if clase.startswith("s") else []


def group_services(turn: Turn) -> list[ServicioCard]:
    """The classes of the catalogue."""
    every = catalogue.list_servicios(turn.runtime.sessions, turn.actor)
    return [servicio for servicio in every if servicio.kind == ServicioKind.GRUPAL]


def read_class(turn: Turn, known: Slots, requested: str | None) -> Slots:
    """What the message says about the class: a tap, a pick among the offers, a service, a time."""
    tapped = _tapped(turn)
    if tapped or not turn.text:
        return tapped
    if requested == "clase" and known["ofertas"]:
        titles = [(offer["title"], _local(turn, offer["at"])) for offer in known["ofertas"]]
        place = choose_option(turn.text, titles)
        if isinstance(place, int):
            picked = known["ofertas"][place]["clase"]
            return {"clase": picked, "confirmacion": True if booking_of(picked) else None, "motivo": None}
    changes = _named_service(turn, asked=requested == "clase")
    whole = recurring_days(turn.text, turn.cuando) or means_whole_course(turn.text)
    if turn.cuando is not None or whole:
        problem = turn.cuando.problem if turn.cuando is not None else None
        said = {"text": turn.text, "at": turn.sent_at.isoformat()}
        changes |= {"cuando": None if problem else said}
        changes |= {"motivo": f"fecha_{problem}" if problem else changes.get("motivo")}
    return {"clase": None, "confirmacion": None, "motivo": None, **changes} if changes else {}


def _tapped(turn: Turn) -> Slots:
    booking_id, servicio_id, serie_id = (
        turn.tapped(name) for name in ("booking_id", "servicio_id", "serie_id")
    )
    if booking_id is not None:
        return {"clase": single(int(booking_id)), "confirmacion": True, "motivo": None}
    if serie_id is not None:
        return {"clase": f"s{int(serie_id)}", "confirmacion": None, "motivo": None}
    if servicio_id is not None:
        series = live_series(turn, [int(servicio_id)])
        return {"clase": course(series) if series else None, "confirmacion": None, "motivo": None}
    return {}


def _local(turn: Turn, at: str | None) -> datetime | None:
    return turn.local(datetime.fromisoformat(at)).replace(tzinfo=None) if at else None


def _named_service(turn: Turn, *, asked: bool) -> Slots:
    """The class named: one, several, or none of what this professional gives."""
    named = turn.values("servicio")
    if not named and not asked:
        return {}
    words = named[0] if named else turn.text
    found = decide(match(words, _candidates(group_services(turn))))
    if isinstance(found, One):
        return {"servicio_id": found.candidate.key, "servicios_posibles": None}
    if not isinstance(found, Nobody):
        return {"servicio_id": None, "servicios_posibles": [c.key for c in found.candidates]}
    if not named:
        return {}
    every = catalogue.list_servicios(turn.runtime.sessions, turn.actor)
    is_session = not isinstance(decide(match(words, _candidates(every))), Nobody)
    why = "es_turno" if is_session else "clase_desconocida"
    return {"servicio_id": None, "servicios_posibles": None, "motivo": why}


def _candidates(services: list[ServicioCard]) -> list[Candidate]:
    return [Candidate(s.id, s.name, tuple(s.synonyms), s.duration_minutes) for s in services]


def live_series(turn: Turn, servicio_ids: list[int] | None = None) -> list[SerieView]:
    """Weekly classes that go on, of some services or of all."""
    series = rosters.list_series(turn.runtime.sessions, turn.actor)
    return [serie for serie in series if servicio_ids is None or serie.servicio_id in servicio_ids]


def settle_class(turn: Turn, state: Slots, *, whole_by_default: bool = True) -> None:
    """Fill `clase` where what was said fits one class only, or a whole course; else `motivo` may say why not.

    `whole_by_default`: a monthly class without a date means the course."""
    if state["clase"] is not None or state["motivo"] is not None:
        return
    services = _meant_services(turn, state)
    said = state["cuando"]
    cuando = turn.read_cuando(said["text"], datetime.fromisoformat(said["at"])) if said else None
    days = recurring_days(said["text"], cuando) if said else frozenset()
    whole = bool(said) and (means_whole_course(said["text"]) or is_long(cuando))
    if days or whole or cuando is None:
        wanted = days or whole or (whole_by_default and all(s.billing == Billing.MENSUAL for s in services))
        series = [s for s in live_series(turn, [s.id for s in services]) if not days or s.weekday in days]
        hour = hour_said(cuando) if days else None
        series = [s for s in series if hour is None or s.start_minute == hour]
        if wanted and series and len({s.servicio_id for s in series}) == 1:
            state["clase"] = course(series)
        elif days and not series:
            state["motivo"] = "sin_clase"
        return
    found = classes_wished(turn, state)
    if len(found) == 1:
        state["clase"] = single(found[0].id)
    elif not found:
        state["motivo"] = "sin_clase"


def _meant_services(turn: Turn, state: Slots) -> list[ServicioCard]:
    meant = [state["servicio_id"]] if state["servicio_id"] is not None else state["servicios_posibles"]
    return [servicio for servicio in group_services(turn) if meant is None or servicio.id in meant]


def classes_wished(turn: Turn, state: Slots) -> list[BookingView]:
    """The occurrences ahead of what was named, inside what was wished; in order of time."""
    said = state["cuando"]
    wish = turn.wish(said["text"], datetime.fromisoformat(said["at"])) if said else None
    services = {servicio.id for servicio in _meant_services(turn, state)}
    windows = wish.ranges if wish is not None else ()
    sessions = turn.runtime.sessions
    ahead = rosters.upcoming_classes(sessions, turn.actor, windows=windows, limit=100, now=turn.now)
    return [one for one in ahead if one.servicio_id in services]


def ask_class(
    dispatcher: CollectingDispatcher, turn: Turn, intent: str, *, courses: bool = True, response: str = ""
) -> Events:
    """Offer the classes that may be meant: those wished for, else the next ones; and whole courses.

    Where there are none, says so and offers nothing."""
    state = {name: turn.slot(name) for name in CLASS_SLOTS}
    ahead = classes_wished(turn, state) or classes_wished(turn, {**state, "cuando": None})
    motivo = turn.slot("motivo")
    series = live_series(turn, [s.id for s in _meant_services(turn, state)]) if courses else []
    offers = _course_offers(turn, series, intent) + [_offer(turn, one, intent) for one in ahead[:OFFERED]]
    if motivo in _SAID_FIRST and offers:
        dispatcher.utter_message(response=f"utter_motivo_{motivo}")
    if not offers:
        dispatcher.utter_message(response="utter_sin_clases", profesional=turn.card.name)
        return [SlotSet("motivo", None)]
    dispatcher.utter_message(
        response=response or "utter_ofrecer_clases",
        profesional=turn.card.name,
        buttons=[offer.pop("button") for offer in offers],
        json_message={"list_button": "Ver clases"},
    )
    return [SlotSet("ofertas", offers), SlotSet("motivo", None)]


_SAID_FIRST = ("clase_desconocida", "sin_clase", "otra_clase", "fecha_imposible", "fecha_pasado")


def _course_offers(turn: Turn, series: list[SerieView], intent: str) -> list[dict[str, Any]]:
    by_service: dict[int, list[SerieView]] = {}
    for serie in series:
        by_service.setdefault(serie.servicio_id, []).append(serie)
    prices = {servicio.id: servicio for servicio in group_services(turn)}
    offers = []
    for servicio_id, of_service in list(by_service.items())[:COURSES]:
        title = f"{of_service[0].servicio_name}: todas"
        about = f"{say_days(of_service)}, {say_fee(prices[servicio_id])}"
        button = choice(title, f'/{intent}{{"servicio_id": {servicio_id}}}', about)
        offers.append({"clase": course(of_service), "title": title, "at": None, "button": button})
    return offers


def _offer(turn: Turn, one: BookingView, intent: str) -> dict[str, Any]:
    free = (one.capacity or 0) - (one.taken_seats or 0)
    room = f"{free} lugares" if free > 1 else "1 lugar" if free == 1 else "completa"
    title = offer_title(turn, one.starts_at)
    button = choice(title, f'/{intent}{{"booking_id": {one.id}}}', f"{one.servicio_name}, {room}")
    return {"clase": single(one.id), "title": title, "at": one.starts_at.isoformat(), "button": button}


def say_fee(servicio: ServicioCard) -> str:
    """'$ 32.000 por mes', '$ 5.000 por clase', 'sin cargo'."""
    if not servicio.price_minor:
        return "sin cargo"
    per = "mes" if servicio.billing == Billing.MENSUAL else "clase"
    return f"{say_money(servicio.price_minor, servicio.currency)} por {per}"


def say_class(turn: Turn, one: BookingView) -> str:
    """'*Yoga* del martes 3 a las 19:00'."""
    return f"*{one.servicio_name}* del {say_when(turn, one.starts_at)}"


def say_course(series: Sequence[SerieView]) -> str:
    """'*Yoga*, los martes y jueves a las 19:00'."""
    return f"*{series[0].servicio_name}*, {say_days(series)}"


def chosen_class(turn: Turn, clase: str) -> tuple[str, ServicioCard | None, bool]:
    """(how it is said, its service, whether it is full) of a choice. Raises NotFoundError."""
    services = {servicio.id: servicio for servicio in group_services(turn)}
    booking_id = booking_of(clase)
    if booking_id is not None:
        one = rosters.get_class(turn.runtime.sessions, turn.actor, booking_id)
        full = (one.taken_seats or 0) >= (one.capacity or 0)
        return say_class(turn, one), services.get(one.servicio_id), full
    series = [serie for serie in live_series(turn) if serie.id in series_of(clase)]
    if not series:
        raise NotFoundError(what="serie")
    full = any(serie.members + serie.offered >= serie.capacity for serie in series)
    return say_course(series), services.get(series[0].servicio_id), full
