"""Where a session takes place and how it is paid."""

from __future__ import annotations

import re

from vallebot.domain.text import fold

CONSULTORIO, DOMICILIO, ONLINE = "consultorio", "domicilio", "online"
EFECTIVO, TRANSFERENCIA, MERCADO_PAGO, DEBITO, CREDITO = (
    "efectivo",
    "transferencia",
    "mercado_pago",
    "debito",
    "credito",
)

_MODALITIES = {
    ONLINE: (
        r"on[ -]?line|virtual(?:es|mente)?|(?:por )?(?:zoom|meet|google meet|skype|video ?llamada|videoconsulta|teams)|"
        r"a distancia|remot[oa]|por internet"
    ),
    DOMICILIO: (
        r"a? ?domicilio|(?:en|a) (?:mi|tu|su|la) casa|en casa(?! de)|venis? vos|vos venis|veni a casa|usted viene|"
        r"que vengas?|a la casa del (?:cliente|paciente)|domiciliari[oa]s?"
    ),
    CONSULTORIO: (
        r"consultorio|presencial(?:es|mente)?|(?:voy|vamos) yo(?: para)? alla|voy yo(?! a)|en la clinica|cara a cara|"
        r"en (?:el|tu|mi|su) (?:estudio|gabinete|local|centro|salon|gimnasio|gym|lugar|espacio)"
    ),
}
_MEANS = {
    MERCADO_PAGO: r"mercado ?pago|merca ?pago|mpago|mp|(?:por |con )?qr",
    TRANSFERENCIA: (
        r"transf(?:erencias?|erido|erir|iero|eri|irio|er|e)?|tra(?:n|s)ferencias?|transfer\w{0,6}|"
        r"por (?:cbu|alias|cvu)|deposito bancario|depositar|deposite|home ?banking|cuenta dni|modo"
    ),
    EFECTIVO: r"efectivo|efvo|efetivo|cash|en mano|billetes?|en persona",
    DEBITO: r"debito|visa debito",
    CREDITO: r"credito|en cuotas|\d+ cuotas",
}
_REFUSED = re.compile(r"\b(?:no|sin|ni|nunca)\s+(?:\w+\s+){0,2}$")


def _compiled(patterns: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])") for name, pattern in patterns.items()}


_MODALITY_PATTERNS, _MEANS_PATTERNS = _compiled(_MODALITIES), _compiled(_MEANS)


def find_modalities(text: str) -> list[str]:
    """All of 'consultorio', 'domicilio', 'online' that `text` wants, in order of appearance; refused ones not."""
    return _found(text, _MODALITY_PATTERNS)


def parse_modality(text: str) -> str | None:
    """The one modality that `text` names; None for none or for a choice between several."""
    found = find_modalities(text)
    return found[0] if len(found) == 1 else None


def find_payment_means(text: str) -> list[str]:
    """All of 'efectivo', 'transferencia', 'mercado_pago', 'debito', 'credito' in `text`, in order."""
    return _found(text, _MEANS_PATTERNS)


def parse_payment_means(text: str) -> str | None:
    """The one means of payment that `text` names ('transferí por mercado pago' is Mercado Pago); else None."""
    found = find_payment_means(text)
    if set(found) == {TRANSFERENCIA, MERCADO_PAGO} and not re.search(r"\bo\b", fold(text)):
        return MERCADO_PAGO
    return found[0] if len(found) == 1 else None


def _found(text: str, patterns: dict[str, re.Pattern[str]]) -> list[str]:
    folded = fold(text)
    places = []
    for name, pattern in patterns.items():
        for found in pattern.finditer(folded):
            if not _REFUSED.search(folded[max(0, found.start() - 40) : found.start()]):
                places.append((found.start(), name))
                break
    return [name for _, name in sorted(places)]
