"""Reading when: shared by the forms that book and move. What was offered, what was wished, what is free."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, choice
from actions.forms import RETRY_SLOT, Slots
from actions.offers import OFFERED, Offer, find_offers
from actions.turn import Turn
from actions.wording import say_when
from vallebot.domain.matching import choose_option
from vallebot.domain.windows import Wish
from vallebot.services import agenda

#: Errors about a time, after which others are offered at once. `utter_motivo_<code>` is said first.
REFUSED_TIMES = frozenset({"slot_taken", "slot_in_past", "too_soon", "outside_hours", "too_far"})

#: The slots of a form that asks for a time.
TIME_SLOTS = ("cuando", "starts_at", "confirmacion", "ofertas", "motivo")


def read_tapped_time(turn: Turn) -> Slots:
    """The slot that was tapped: picking a concrete time is the confirmation."""
    picked = turn.tapped("starts_at")
    return {"starts_at": picked, "confirmacion": True, "motivo": None} if picked is not None else {}


def read_time(turn: Turn, known: Slots, requested: str | None) -> Slots:
    """A pick among the offers, or a new wish; nothing where no time is named."""
    if requested == "starts_at" and known["ofertas"]:
        offers = [Offer.from_slot(offer) for offer in known["ofertas"]]
        place = choose_option(turn.text, [(offer.title, offer.local) for offer in offers])
        if isinstance(place, int):
            return {"starts_at": offers[place].starts_at, "confirmacion": True, "motivo": None}
    if turn.cuando is None:
        return {}
    if turn.cuando.problem is not None:
        return {"cuando": None, "starts_at": None, "motivo": f"fecha_{turn.cuando.problem}"}
    said = {"text": turn.text, "at": turn.sent_at.isoformat()}
    return {"cuando": said, "starts_at": None, "confirmacion": None, "motivo": None}


def read_confirmation(yes: bool) -> Slots:
    """Yes, or: other times, please."""
    return {"confirmacion": True} if yes else {"starts_at": None, "cuando": None, "motivo": "otro"}


def settle_exact(turn: Turn, state: Slots, servicio_id: int, *, except_booking_id: int = 0) -> None:
    """A moment named with day and hour is taken, if it is free; else the form offers what is near."""
    if state["starts_at"] is not None or state["motivo"] is not None:
        return
    wish = wish_of_slot(turn, state["cuando"])
    if wish is None or wish.exact is None:
        return
    minute = (wish.exact, wish.exact + timedelta(minutes=1))
    query = agenda.SlotQuery(servicio_id, (minute,), step_minutes=1, except_booking_id=except_booking_id)
    free = agenda.free_slots(turn.runtime.sessions, turn.actor, query, now=turn.now)
    state["starts_at"] = wish.exact.isoformat() if free else None
    state["motivo"] = None if free else "sin_lugar"


def wish_of_slot(turn: Turn, said: dict[str, str] | None) -> Wish | None:
    """The wish that the slot `cuando` keeps, read at the time when it was written."""
    return turn.wish(said["text"], datetime.fromisoformat(said["at"])) if said else None


def offers_for(turn: Turn, servicio_id: int) -> tuple[list[Offer], str | None]:
    """What to offer for the slots as they are, and the reason (`utter_motivo_<reason>`) to say first."""
    found = find_offers(turn, servicio_id, wish_of_slot(turn, turn.slot("cuando")))
    return found.offers, turn.slot("motivo") or (None if found.as_wished else "sin_lugar")


def ask_time(
    dispatcher: CollectingDispatcher,
    turn: Turn,
    servicio_id: int,
    *,
    response: str,
    empty: str,
    payload: Callable[[str], str],
    usual: Offer | None = None,
    **facts: str,
) -> Events:
    """Ask when, with real free slots to tap: `payload(starts_at)` is what a tap means, `usual` stands first, and
    `empty` is said where there are none."""
    if turn.slot("motivo") == "ninguno":
        dispatcher.utter_message(response="utter_que_dia")
        return [SlotSet("ofertas", []), SlotSet("motivo", None)]
    offers, motivo = offers_for(turn, servicio_id)
    if usual:
        offers = [usual, *[offer for offer in offers if offer.title != usual.title]][:OFFERED]
    if motivo:
        dispatcher.utter_message(response=f"utter_motivo_{motivo}")
    buttons = [
        choice(offer.title, payload(offer.starts_at), "como siempre" if offer is usual else "")
        for offer in offers
    ]
    dispatcher.utter_message(
        response=response if offers else empty,
        buttons=buttons,
        json_message={"list_button": "Ver horarios"},
        **facts,
    )
    return [SlotSet("ofertas", [offer.as_slot() for offer in offers]), SlotSet("motivo", None)]


def offer_others(turn: Turn, form: str, code: str) -> Events:
    """The time could not be had: open the form again, with the nearest ones."""
    wanted = turn.local(datetime.fromisoformat(turn.slot("starts_at")))
    said = {"text": say_when(turn, wanted), "at": turn.now.isoformat()}
    again = {"starts_at": None, "confirmacion": None, "cuando": said, "motivo": code, RETRY_SLOT: turn.key}
    return [*[SlotSet(name, value) for name, value in again.items()], FollowupAction(form)]
