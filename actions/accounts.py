"""Questions about money: what do I owe, was it credited; who owes me, what came in."""

from __future__ import annotations

import re
from datetime import date, timedelta

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.debts import client_candidates, days_of, payment_rows, words_for_a_name
from actions.turn import Turn
from actions.wording import payload
from vallebot.domain.matching import Candidate, One, Several, decide, match
from vallebot.domain.states import PaymentState
from vallebot.domain.text import fold
from vallebot.services import accounts, catalogue, payments
from vallebot.services.accounts import IncomeBy
from vallebot.services.payment_records import PaymentView
from vallebot.services.texts import accounts as texts
from vallebot.services.texts import payments as notices

_WAITING = re.compile(
    r"(por|sin|para|falta\w*) (confirmar|revisar|aprobar)|comprobantes?|informad|pendientes? de revis"
)
_UNPAID = re.compile(r"no (me )?pag|deb[eo]|deuda|moros|impag|por cobrar|atrasad|falta|reclamar|en la calle")
_CAME_IN = re.compile(
    r"cobr|gan[eoa]|factur|ingres|entr[oa]|caja|junt[eoa]|saque|recaud|llego|llegaron|pag(o|aron)\b|percib|guita"
)
_BY_PERSON = re.compile(r"\bquien(es)?\b|por cliente|cada (cliente|paciente|alumno)")
_BY_SERVICE = re.compile(r"por servicio|cada (servicio|clase)|con (los|las|el|la) ")
_A_WEEK, _DAYS_OF_WEEK = timedelta(days=7), 7


class ActionConsultarPagos(VallebotAction):
    """A client's own account; a professional's debtors, one client's account, or what came in."""

    def name(self) -> str:
        return "action_consultar_pagos"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if not turn.is_profesional:
            say_own_account(dispatcher, turn)
        elif turn.tapped("payment_id") is not None:
            _say_payment(dispatcher, turn, int(turn.tapped("payment_id")))
        elif turn.tapped("cliente_id") is not None:
            _say_client(dispatcher, turn, int(turn.tapped("cliente_id")))
        elif turn.was_tap or not _say_named(dispatcher, turn):
            _say_business(dispatcher, turn)
        return []


def say_own_account(dispatcher: CollectingDispatcher, turn: Turn) -> None:
    """Where the client who asks stands."""
    account = accounts.account(turn.runtime.sessions, turn.actor)
    latest = accounts.payments_of(turn.runtime.sessions, turn.actor, limit=20)
    decided = next((one for one in latest if one.state != PaymentState.INFORMADO), None)
    text = texts.own_account_text(account, decided, turn.card, now=turn.now)
    buttons = [choice("Ya pagué", payload("informar_pago", {}))] if account.debts else None
    dispatcher.utter_message(response="utter_cuenta", cuenta=text, buttons=buttons)


def _say_business(dispatcher: CollectingDispatcher, turn: Turn) -> None:
    said = fold(turn.text)
    if _WAITING.search(said):
        _say_waiting(dispatcher, turn)
    elif _CAME_IN.search(said) and not _UNPAID.search(said):
        _say_income(dispatcher, turn, said)
    else:
        _say_debts(dispatcher, turn)


def _say_waiting(dispatcher: CollectingDispatcher, turn: Turn) -> None:
    waiting = accounts.payments_of(turn.runtime.sessions, turn.actor, state=PaymentState.INFORMADO)
    if not waiting:
        dispatcher.utter_message(response="utter_sin_pagos_por_confirmar")
    elif len(waiting) == 1:
        _say_payment(dispatcher, turn, waiting[0].id)
    else:
        dispatcher.utter_message(
            response="utter_pagos_por_confirmar",
            cuantos=len(waiting),
            buttons=payment_rows(turn, waiting, "consultar_pagos"),
            json_message={"list_button": "Ver pagos"},
        )


def _say_payment(dispatcher: CollectingDispatcher, turn: Turn, payment_id: int) -> None:
    """One announced payment as it was told, with its proof and its buttons."""
    payment = payments.get_payment(turn.runtime.sessions, turn.actor, payment_id)
    if payment.state != PaymentState.INFORMADO:
        _say_client(dispatcher, turn, payment.cliente_id)
        return
    owed = _owed(turn, payment)
    bubble = notices.informed(payment, owed, False, turn.now)
    buttons = [choice(one.title, one.payload) for one in bubble.choices]
    file = {"media": bubble.media} if bubble.media else None
    dispatcher.utter_message(response="utter_cuenta", cuenta=bubble.text, buttons=buttons, json_message=file)


def _owed(turn: Turn, payment: PaymentView) -> int:
    account = accounts.account(turn.runtime.sessions, turn.actor, payment.cliente_id)
    return sum(one.owed_minor for one in account.balances if one.currency == payment.currency)


def _say_named(dispatcher: CollectingDispatcher, turn: Turn) -> bool:
    """The account of the client whom the words name, whether or not the name was recognised as one; False where
    they name none."""
    named = turn.values("persona")
    decision = decide(match(words_for_a_name(turn), client_candidates(turn), kind="person"))
    if isinstance(decision, One):
        _say_client(dispatcher, turn, int(str(decision.candidate.key)))
    elif isinstance(decision, Several):
        buttons = [
            choice(one.name, payload("consultar_pagos", {"cliente_id": one.key}))
            for one in decision.candidates[:10]
        ]
        dispatcher.utter_message(
            response="utter_cuenta_de_quien", buttons=buttons, json_message={"list_button": "Ver clientes"}
        )
    elif named:
        dispatcher.utter_message(response="utter_cuenta_cliente_desconocido", cliente=named[0])
    else:
        return False
    return True


def _say_client(dispatcher: CollectingDispatcher, turn: Turn, cliente_id: int) -> None:
    account = accounts.account(turn.runtime.sessions, turn.actor, cliente_id)
    names = {candidate.key: candidate.name for candidate in client_candidates(turn)}
    text = texts.client_account_text(account, names.get(cliente_id, "Tu cliente"), now=turn.now, tz=turn.tz)
    waiting = account.informed
    buttons = None
    if len(waiting) == 1:
        about = {"payment_id": waiting[0].id}
        operations = {"Confirmar": "confirmar_pago", "Rechazar": "rechazar_pago"}
        buttons = [choice(title, payload(intent, about)) for title, intent in operations.items()]
    dispatcher.utter_message(response="utter_cuenta", cuenta=text, buttons=buttons)


def _say_debts(dispatcher: CollectingDispatcher, turn: Turn) -> None:
    servicio_id = _service(turn)
    first = int(turn.tapped("desde") or 0)
    debts = accounts.debts(turn.runtime.sessions, turn.actor, servicio_id=servicio_id)
    text = texts.who_owes_text(debts, first=first, now=turn.now, today=turn.today, tz=turn.tz)
    more = first + texts.LISTED
    buttons = None
    if texts.debtors(debts, turn.now) > more:
        buttons = [choice("Ver más", payload("consultar_pagos", {"desde": more}))]
    dispatcher.utter_message(response="utter_cuenta", cuenta=text, buttons=buttons)


def _say_income(dispatcher: CollectingDispatcher, turn: Turn, said: str) -> None:
    first, last = _days(turn)
    by = IncomeBy.MEANS
    if _BY_PERSON.search(said):
        by = IncomeBy.CLIENTE
    elif turn.values("servicio") or _BY_SERVICE.search(said):
        by = IncomeBy.SERVICIO
    rows = accounts.income(turn.runtime.sessions, turn.actor, first, last, by=by)
    servicio_id = _service(turn)
    if servicio_id is not None:
        rows = [row for row in rows if row.id == servicio_id]
    text = texts.income_text(rows, first, last, turn.today)
    dispatcher.utter_message(response="utter_cuenta", cuenta=text)


def _days(turn: Turn) -> tuple[date, date]:
    """The days that are asked about; this month where none are named. Money came in the past: "en octubre" and "el
    lunes" are the last ones."""
    asked = days_of(turn.cuando) if turn.cuando is not None else None
    if asked is None:
        return accounts.month_stretch_of(turn.today)
    first, last = asked
    while first > turn.today:
        if (last - first).days < _DAYS_OF_WEEK:
            first, last = first - _A_WEEK, last - _A_WEEK
        else:
            first, last = accounts.month_stretch_of(first.replace(year=first.year - 1, day=1))
    return first, last


def _service(turn: Turn) -> int | None:
    named = turn.values("servicio") if not turn.was_tap else []
    if not named:
        return None
    services = catalogue.list_servicios(turn.runtime.sessions, turn.actor)
    found = [Candidate(one.id, one.name, tuple(one.synonyms), one.duration_minutes) for one in services]
    decision = decide(match(named[0], found))
    return int(str(decision.candidate.key)) if isinstance(decision, One) else None
