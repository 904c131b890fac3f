"""A client's record, for their professional: what is ahead, what was, what is owed, notes."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, choice
from actions.turn import Turn
from actions.who import known_people, meant_people, titles
from vallebot.services import clientele
from vallebot.services.texts import clients as texts

LISTED = 10


def say_record(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
    """The record of the client who is named or tapped; several of a name are asked about."""
    tapped = turn.tapped("cliente_id")
    people = known_people(turn)
    meant = [int(tapped)] if tapped is not None else meant_people(turn.values("persona")[0], people)
    if not meant:
        dispatcher.utter_message(response="utter_cliente_desconocido", cliente=turn.values("persona")[0])
    elif len(meant) > 1:
        offered = [one for one in people if one[0] in meant][:LISTED]
        buttons = [
            choice(title, f'/ver_turnos{{"cliente_id": {key}}}')
            for (key, _), title in zip(offered, titles(turn, offered), strict=True)
        ]
        dispatcher.utter_message(response="utter_cual_cliente", buttons=buttons)
    else:
        record = clientele.record_of(turn.runtime.sessions, turn.actor, meant[0], now=turn.now)
        dispatcher.utter_message(
            response="utter_ficha",
            ficha=texts.record_text(record, turn.tz, turn.today),
            buttons=[
                choice("Darle un turno", f'/pedir_turno{{"cliente_id": {meant[0]}}}'),
                choice("Mandarle mensaje", f'/avisar_clientes{{"cliente_id": {meant[0]}}}'),
            ],
        )
    return []
