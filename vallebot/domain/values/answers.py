"""Yes or no: 'dale', 'sii', 'nop', 'obvio', 'mejor no', '👍'."""

from __future__ import annotations

import re
import unicodedata

from vallebot.domain.text import fold
from vallebot.domain.values.tokens import calm, word_set

_YES_EMOJI = frozenset("👍👌✅✔☑🆗🙌💪👏🤙🤝🫡💯🙆")
_NO_EMOJI = frozenset("👎❌🚫🙅⛔✖")

_YES_PHRASES = """
confirmadisimo|por mi si|por mi dale|si cancelalo|si cancelala|si cancela|si cancelar|si cambialo|si movelo
si hacelo|si avisales|si mandalo|si envialo|si anotalo|si anotame|si reservalo|si borralo|si es ese|si es esa
si ese|si esa|al final si|si confirmalo|si|s|sip|sep|sipi|sisi|sisisi|sii|seh|sehh|se|siu|sis|yes|yep|yeah|ya
ok|oka|okey|okay|okis|oki|okk|okei|okok|k|dale|daleee|dalee|dali|dele|bueno|bien|buenisimo|genial|perfecto
perfect|perfe|excelente|barbaro|joya|de una|deuna|de 1|obvio|obvi|obviamente|claro|clarisimo|seguro
por supuesto|x supuesto|desde luego|como no|por que no|porque no|y porque no|afirmativo|correcto|exacto
exactamente|asi es|eso es|eso mismo|tal cual|tal cuál|esta bien|ta bien|esta ok|esta perfecto|de acuerdo
acepto|aceptado|confirmo|confirmado|confirmar|confirmalo|confirma|lo confirmo|te confirmo|quiero|lo quiero
la quiero|me sirve|me va|me viene bien|me viene joya|me queda bien|me parece bien|me parece|me parece perfecto
creo que si|supongo que si|si quiero|si puedo|si claro|si si|por favor si|mandale|metele|hacelo|haganlo
hace eso|hacelo nomas|reservalo|reservala|reservame|agendalo|agendame|agendala|anotame|anotalo|anotala|va
vamos|listo|hecho|adelante|va queriendo|sale|me copa|copado|no hay problema|ningun problema|sin problema
sin problemas|no hay drama|no pasa nada|esa|ese esta bien|ahi va|todo bien|todo ok|todo perfecto|todo correcto
esta correcto|es correcto|asi esta bien|asi|va bien|positivo|seee|sizi|si dale|dale si|si obvio|y si|que si
eso|cierto|por favor|porfa|porfis|encantada|encantado|con gusto|me encanta|me encantaria|me gustaria
claro que si|obvio que si|si por favor|me interesa|voy|ahi estare|alli estare|cuenta conmigo|contá conmigo
conta conmigo|impecable|fantastico|maravilloso|buenisima|de diez|10 puntos|diez puntos|joyita|okis dokis|simon
"""
_NO_PHRASES = """
al final no|por mi no|prefiero que no|preferiria que no|no es ese|no es esa|no ese|no esa|no cancelar
no quiero turno|olvidalo|olvidate|no|n|nop|nope|noo|na|nah|nahh|naa|nono|nonono|non|ño|nel|ni ahi|ni a palos
ni loco|ni loca|ni en pedo|ni hablar|para nada|pa nada|de ninguna manera|jamas|nunca|negativo|tampoco|mejor no
no gracias|no quiero|no puedo|no podria|no me sirve|no me va|no me viene bien|no me queda bien|no confirmo
no acepto|no lo confirmo|no lo confirmes|no lo hagas|no hagas nada|no hace falta|no es necesario|creo que no
supongo que no|me parece que no|por ahora no|por el momento no|todavia no|aun no|hoy no|ahora no|asi no|eso no
esa no|ese no|no va|no voy|no esta bien|esta mal|mal|incorrecto|no es correcto|no es asi|no asi no|no era eso
no es eso|equivocado|te equivocas|claro que no|obvio que no|por supuesto que no|desde luego que no|que no
dije que no|no no|no para|paso|no me interesa|ninguno|ninguna|no cancelalo|dejalo asi no|no canceles
no lo canceles|no la canceles|cancelar no|no reserves|no lo reserves|no anotes|ni ahi gracias|no no quiero
va a ser que no|lamentablemente no|no creo|no deseo|no por favor|mejor dejalo|nada|no va a poder ser|no podre
no voy a poder|no llego|imposible
"""
_UNDECIDED = """
no se|nose|no lo se|no estoy segura|no estoy seguro|no sabria|ni idea|no tengo idea|no entiendo|no entendi
no me acuerdo|no recuerdo|tal vez|talvez|quizas|quiza|puede ser|capaz|capaz que si|capaz que no|depende
a lo mejor|no se si|lo pienso|dejame pensar|dejame ver|despues te digo|te aviso|te confirmo despues
te confirmo mas tarde|mas tarde te confirmo|si no|si puedo te aviso|ya te digo|ya te confirmo|seguro que
esta seguro|estas segura|estas seguro|seguro no se|creo|supongo|mas o menos|masomenos|si es que|me da igual
da igual|como quieras|como vos digas
"""


def _phrases(block: str) -> frozenset[str]:
    return frozenset(
        fold(phrase.strip()) for line in block.split("\n") for phrase in line.split("|") if phrase.strip()
    )


_YES, _NO, _OPEN = _phrases(_YES_PHRASES), _phrases(_NO_PHRASES), _phrases(_UNDECIDED)
_LONGEST_PHRASE = max(phrase.count(" ") + 1 for phrase in _YES | _NO | _OPEN)
#: Courtesy and fillers that may stand around an answer without changing it.
_FILLERS = word_set("""
gracias muchas muchisimas mil graciass porfa porfavor please plis che m eh ehh ah ahh ay uh mmm mm hmm jaja
jajaja jajajaja jeje amiga amigo genia genio capo reina querida querido linda doc doctora doctor profe hola
buenas buen buenos dia dias tardes noches entonces pues tambien igual todo y o sea la lo el muy re tan super
saludos beso besos abrazo nomas ya bueno bien disculpa perdon lamento siento lastima
""")
#: Yeses that also open or soften a no: 'bueno, no', 'no, está bien'.
_WEAK_YES = word_set("bueno bien ok oka okey okis listo perfecto perfe genial barbaro joya ya claro va sale") | {
    "esta bien", "ta bien", "todo bien", "asi esta bien", "asi", "eso", "por favor", "porfa", "no hay problema",
    "no pasa nada", "esta ok", "esta perfecto",
}  # fmt: skip
#: After a yes these announce a condition or another value: it is not a plain yes any more.
_CONDITIONS = frozenset({"pero", "salvo", "aunque", "siempre", "mejor", "excepto"})
_WORD = re.compile(r"[^\W_]+|[^\w\s]")
_CLAUSE_ENDS = frozenset(",.;:!¡\n-")
_MAX_WORDS = 40  #: an answer longer than this is a story


def parse_yes_no(text: str) -> bool | None:
    """True for yes, False for no, None when the text is neither, both, undecided or something else altogether.

    A yes or no closed by punctuation may be followed by more ('sí, el jueves' -> True, 'no, mejor el martes' ->
    False); a condition ('sí pero a las 6') or an open 'si' ('si podés cambialo') is no answer.
    """
    words = _words(text)
    if not words or len(words) > _MAX_WORDS:
        return None
    said: list[tuple[bool, bool]] = []  # (answer, weak) in order
    closed, at = False, 0
    while at < len(words):
        word = words[at]
        emoji = _emoji(word)
        verdict, length = (emoji, 1) if emoji is not None else _phrase_at(words, at)
        if length and verdict is None:
            return None
        if length:
            said.append((bool(verdict), " ".join(words[at : at + length]) in _WEAK_YES))
            closed = emoji is not None
        elif word[0].isalnum() and word not in _FILLERS:
            condition = word in _CONDITIONS and _agreed(said) is not False
            return _agreed(said) if closed and not condition else None
        closed = closed or word in _CLAUSE_ENDS
        at += max(1, length)
    return _agreed(said)


def _words(text: str) -> list[str]:
    folded = fold(unicodedata.normalize("NFC", text))
    return [calm(word) if word[0].isalpha() else word for word in _WORD.findall(folded)]


def _emoji(word: str) -> bool | None:
    if word in _YES_EMOJI:
        return True
    return False if word in _NO_EMOJI else None


def _phrase_at(words: list[str], at: int) -> tuple[bool | None, int]:
    """(answer, words used) of the longest known phrase here; length 0 where none starts. None = undecided."""
    for length in range(min(_LONGEST_PHRASE, len(words) - at), 0, -1):
        phrase = " ".join(words[at : at + length])
        for known, verdict in ((_OPEN, None), (_NO, False), (_YES, True)):
            if phrase in known or (length == 1 and _drawn_out(phrase) in known):
                return verdict, length
    return None, 0


def _drawn_out(word: str) -> str:
    """'sii' -> 'si', 'noo' -> 'no', 'sisi' -> 'si', 'nonono' -> 'no'."""
    single = re.sub(r"(.)\1+", r"\1", word)
    return re.sub(r"^(si|no|ok)\1+$", r"\1", single)


def _agreed(said: list[tuple[bool, bool]]) -> bool | None:
    """All alike; a no beside mere courtesy ('bueno, no', 'no, está bien'); or a change of mind said twice
    ('no, bueno, dale'). 'sí, no' stays open."""
    if not said:
        return None
    answers = {answer for answer, _ in said}
    if len(answers) == 1:
        return said[0][0]
    if all(weak for answer, weak in said if answer):
        return False
    return said[-1][0] if len(said) > 2 and said[-1][0] == said[-2][0] else None
