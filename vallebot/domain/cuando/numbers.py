"""Rules for numbers: 'treinta y uno', 'dos mil veintiséis', and years that are no hours."""

from __future__ import annotations

from vallebot.domain.cuando.cascade import Layer, Match, Tags
from vallebot.domain.cuando.lexicon import number_tags

numbers = Layer()


@numbers("t:treinta|cuarenta|cincuenta y u:NUM", "t:veinti|veinte u:NUM")
def _tens(match: Match) -> Tags | None:
    unit = match["u"].get("NUM")
    if not 1 <= unit <= 9:
        return None
    tens = 20 if match["t"].has("veinti", "veinte") else match["t"].get("NUM")
    return number_tags(tens + unit)


@numbers("dos mil n:NUM?")
def _year(match: Match) -> Tags | None:
    rest = match["n"].get("NUM") if match.has("n") else 0
    return {"YEAR": 2000 + rest, "NUM": 2000 + rest} if rest < 100 else None


@numbers("( de|del|, )? y:YEAR")
def _year_of_month(match: Match) -> Tags | None:
    """'3 de junio de 2026 a las 5': after a month the number is no 20:26."""
    return {"YEAR": match["y"].get("YEAR")} if match.before().has("MONTH") else None
