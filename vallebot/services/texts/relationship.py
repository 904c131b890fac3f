"""The summary of a relationship, in plain Spanish sentences: read by the LLM and by the search by meaning."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from vallebot.domain.spanish import WEEKDAYS, say_datetime, say_list, say_money

_STATES = {
    "pendiente": "pedido, sin confirmar",
    "ofrecido": "ofrecido, sin respuesta",
    "confirmado": "confirmado",
    "inscripto": "inscripto",
    "realizado": "vino",
    "asistio": "vino",
    "ausente": "faltó",
}


def summary_of(snapshot: dict, tz: ZoneInfo, now: datetime) -> str:
    """The snapshot in Spanish. `now` only decides how dates are said."""
    today = now.astimezone(tz).date()

    def said(visit: dict) -> str:
        at = datetime.fromisoformat(visit["starts_at"]).astimezone(tz)
        return f"{visit['servicio']} el {say_datetime(at, today)} ({_STATES[visit['state']]})"

    lines = [snapshot["name"] or "Sin nombre"]
    if snapshot["next"]:
        lines.append("Próximos: " + say_list([said(visit) for visit in snapshot["next"]]))
    if snapshot["last"]:
        lines.append("Últimos: " + say_list([said(visit) for visit in snapshot["last"]]))
    if snapshot["usual"]:
        lines.append(f"Suele reservar {say_weekly(snapshot['usual'])}")
    if snapshot["classes"]:
        lines.append("Inscripto en " + say_list([say_weekly(serie) for serie in snapshot["classes"]]))
    if snapshot["waiting"]:
        lines.append("En lista de espera: " + say_list([wait["servicio"] for wait in snapshot["waiting"]]))
    if snapshot["visits"] or snapshot["absences"]:
        lines.append(f"Vino {_times(snapshot['visits'])} y faltó {_times(snapshot['absences'])}")
    for key, words in (("owed", "Debe"), ("informed", "Informó pagos por"), ("credit", "Tiene a favor")):
        if snapshot[key]:
            lines.append(f"{words} {say_amounts(snapshot[key])}")
    return ". ".join(lines) + "."


def say_weekly(at: dict) -> str:
    """'Yoga los lunes a las 18:00'."""
    weekday = WEEKDAYS[at["weekday"]]
    plural = weekday if weekday.endswith("s") else f"{weekday}s"
    hour, minute = divmod(at["start_minute"], 60)
    return f"{at['servicio']} los {plural} a las {hour:02}:{minute:02}"


def say_amounts(by_currency: dict[str, int]) -> str:
    """'$ 12.500 y US$ 20'."""
    return say_list([say_money(int(minor), currency) for currency, minor in sorted(by_currency.items())])


def _times(count: int) -> str:
    return "1 vez" if count == 1 else f"{count} veces"
