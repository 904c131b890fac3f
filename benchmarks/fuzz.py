"""Random walks of plausible and absurd messages through the whole system, by clients and professionals.

    python -m benchmarks.fuzz                          # 500 turns by 18 people
    python -m benchmarks.fuzz --turns 200 --seed 7

Starts everything on an embedded Postgres, with a local stand-in for Meta. After each message: it was answered, with
one bubble, and not with an apology for a failure of ours. At the end: nothing in the logs, and what the database
promises holds. The same seed walks the same way, as far as the answers are the same.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.harness import ANSWER_SECONDS, Phone, System, running_system, titles_of
from vallebot import demo
from vallebot.services.texts.answers import SORRY

#: A bubble longer than this is no quick read on a phone; answers composed of lists may be.
LONG_CHARS = 500

#: Chance that somebody taps something under the last bubble, where there is something to tap.
TAPS = 0.4

#: Words of an apology for a failure of ours (utter_error_internal, or a message that was parked).
FAILURES = ("algo me falló", SORRY[:30])

#: Messages that need no answer.
SILENT = frozenset({"reaction"})

CLIENTE = (
    "hola", "buenas!", "quiero un turno", "kiero turno xa el jueves a la tarde", "reflexología el viernes a las 16",
    "masaje relajante mañana a las 10", "tenés algo libre el miércoles?", "me hacés un corte de pelo?", "sí", "no",
    "dale", "la primera", "la última", "el de las 10", "no, mejor el viernes", "otro día", "ninguno me sirve",
    "lo de siempre", "como siempre", "cuánto sale?", "qué servicios hacés?", "dónde queda?", "cómo te pago?",
    "hasta cuándo puedo cancelar?", "mis turnos", "cuándo tengo turno?", "cancelá mi turno", "no voy a poder ir",
    "quiero cambiar mi turno al lunes", "pasalo para el martes a las 11", "voy", "confirmo", "llego 10 minutos tarde",
    "me quiero anotar en yoga", "anotame a todas las clases", "dame de baja de yoga", "avisame si se libera un lugar",
    "te transferí 20 mil", "ya pagué", "cuánto debo?", "me llamo Nora Paz", "soy Juan", "Marta Ruiz", "gracias!",
    "chau", "dejá, no importa", "olvidate", "quiero hablar con la profesional", "no me mandes más avisos",
    "quiero recibir avisos de nuevo", "mi mail es nora@example.com", "sos un robot?", "con Ana, no con Laura",
    "como profesional", "el 31/2", "ayer a las 10", "a las 25", "el jueves y el viernes y también el sábado no",
    "quiero registrarme como profesional", "?", "jajaja", "asdf qwer", "👍", "😡😡", "'; DROP TABLE bookings; --",
    "/restart", '/pedir_turno{"servicio_id": 1}', "x" * 900, "no entiendo nada", "y eso cuándo sería?",
    "quiero dos turnos, uno para mí y otro para mi hija", "ok", "mmm", "1", "100", "siempre los martes",
)  # fmt: skip
PROFESIONAL = (
    "hola", "qué tengo hoy?", "agenda de la semana", "qué tengo mañana?", "qué me queda libre el viernes?",
    "anotá a Nora Paz reflexología el jueves a las 16", "un turno para Juan mañana a las 10", "anotame un turno",
    "el domingo a las 22", "11 6111 0099", "no lo tengo", "aceptalo", "aceptá todos", "rechazá el pedido de Nora",
    "cancelá el turno de Nora", "pasá el turno de Juan al viernes", "mañana a la tarde no atiendo",
    "el viernes cierro, cancelá todo", "reabrí el viernes", "trabajo de lunes a viernes de 9 a 18",
    "agregá el servicio drenaje linfático de 45 minutos a 18000", "el masaje relajante ahora sale 24000",
    "pausá reflexología", "reactivá reflexología", "atiendo en Gorriti 4521", "quiénes están anotados en yoga?",
    "Nora no vino", "vinieron todos", "agregá a Pedro Gómez 11 5555 1234", "quién me debe?", "qué entró este mes?",
    "Nora me pagó 20000 en efectivo", "me llegó lo de Nora", "rechazá ese pago",
    "avisales a los de mañana que llego tarde", "llego 15 minutos tarde",
    "mi alias es laura.masajes", "cuánto salen mis servicios?", "qué reglas tengo?", "sí",
    "no", "dale", "la primera", "el segundo", "dejá", "gracias", "chau", "asdf", "🤷", "como cliente",
    "como profesional", "el 31/2 a las 10", "x" * 700, "ficha de Nora", "turnos de Juan", "ayuda", "y?", "a las 17",
)  # fmt: skip

OTHER_KINDS: tuple[dict[str, Any], ...] = (
    {"type": "sticker", "sticker": {"id": "media-1", "mime_type": "image/webp"}},
    {"type": "location", "location": {"latitude": -34.6, "longitude": -58.4, "address": "Salta 100"}},
    {"type": "unsupported", "errors": [{"code": 131051, "title": "Message type unknown"}]},
)

INVARIANTS = {
    "two live bookings of a professional overlap": """
        SELECT a.id FROM bookings a JOIN bookings b ON a.profesional_id = b.profesional_id AND a.id < b.id
         AND a.busy && b.busy WHERE a.state IN ('pendiente', 'ofrecido', 'confirmado')
         AND b.state IN ('pendiente', 'ofrecido', 'confirmado')""",
    "a class has more people than seats": """
        SELECT b.id FROM bookings b JOIN enrollments e ON e.booking_id = b.id AND e.state <> 'cancelado'
         WHERE b.kind = 'clase' GROUP BY b.id HAVING count(*) > b.capacity""",
    "somebody is twice in a class": """
        SELECT booking_id FROM enrollments WHERE state <> 'cancelado'
         GROUP BY booking_id, cliente_id HAVING count(*) > 1""",
    "a booking is owed twice": """
        SELECT booking_id FROM cargos WHERE state <> 'anulado' AND booking_id IS NOT NULL AND enrollment_id IS NULL
         GROUP BY booking_id HAVING count(*) > 1""",
    "more is settled than is owed or was paid": """
        SELECT id FROM cargos WHERE applied_minor > amount_minor
        UNION ALL SELECT id FROM payments WHERE applied_minor + refunded_minor > amount_minor""",
    "a live booking of nobody": "SELECT id FROM bookings WHERE kind = 'individual' AND cliente_id IS NULL",
}


@dataclass
class Walk:
    """What a walk found: one line per trouble."""

    turns: int = 0
    taps: int = 0
    troubles: list[str] = field(default_factory=list)
    long: Counter[str] = field(default_factory=Counter)


@dataclass
class Walker:
    """Somebody who writes, and what they may write."""

    phone: Phone
    words: tuple[str, ...]


def people(system: System) -> list[Walker]:
    """Sixteen clients on two lines, and both professionals."""
    clients = [system.client(f"Persona {number}") for number in range(16)]
    half = len(clients) // 2
    walkers = [Walker(phone, CLIENTE) for phone in clients[:half]]
    for phone in clients[half:]:
        walkers.append(Walker(Phone(system, phone.wa_id, phone.name, demo.ANA_LINE), CLIENTE))
    walkers.append(Walker(Phone(system, demo.LAURA, "Laura Giménez", demo.LAURA_LINE), PROFESIONAL))
    walkers.append(Walker(Phone(system, demo.ANA, "Ana Sosa", demo.ANA_LINE), PROFESIONAL))
    return walkers


def walk(system: System, turns: int, seed: int, say: Callable[[str], None] = lambda _: None) -> Walk:
    """`turns` messages by random people; professionals write as often as four clients."""
    dice, found, walkers = random.Random(seed), Walk(), people(system)
    weights = [1 if walker.words is CLIENTE else 4 for walker in walkers]
    for number in range(turns):
        walker = dice.choices(walkers, weights)[0]
        said, wamid = _send(walker, dice, found)
        trouble = _judge(system, said, wamid, found)
        found.turns += 1
        if trouble:
            found.troubles.append(f"turn {number}, {walker.phone.name}: {trouble}")
            say(found.troubles[-1])
    found.troubles += [f"{what}: {rows}" for what, rows in broken(system).items()]
    found.troubles += logged(system)
    return found


def _send(walker: Walker, dice: random.Random, found: Walk) -> tuple[str, str]:
    """Tap something under the last bubble, or write; (what, wamid)."""
    phone = walker.phone
    received = phone.received()
    if received and titles_of(received[-1]) and dice.random() < TAPS:
        title = dice.choice(titles_of(received[-1]))
        found.taps += 1
        return f"[{title}]", phone.tap_only(received[-1], title)
    if dice.random() < 0.03:
        part = dice.choice(OTHER_KINDS)
        return f"<{part['type']}>", phone.sends(part)
    words = dice.choice(walker.words)
    return words, phone.says(words)


def _judge(system: System, said: str, wamid: str, found: Walk) -> str | None:
    deadline = time.monotonic() + ANSWER_SECONDS
    while system.state_of(wamid) not in ("procesado", "estacionado"):
        if time.monotonic() > deadline:
            return f"{said[:60]!r} was never answered ({system.state_of(wamid)})"
        time.sleep(0.02)
    answers = system.answers(wamid)
    time.sleep(0.15)  # let the sender deliver it, so that it can be tapped
    if not answers and by_hand(system, wamid):
        return None  # the professional took the conversation over: the bot is silent
    if len(answers) != 1:
        return f"{said[:60]!r} got {len(answers)} bubbles: {answers}"
    if any(failure in answers[0] for failure in FAILURES):
        return f"{said[:60]!r} failed: {answers[0][:120]!r}"
    if re.search(r"\{\w+\}|\bNone\b|utter_", answers[0]):
        return f"{said[:60]!r} shows our insides: {answers[0][:120]!r}"
    if len(answers[0]) > LONG_CHARS:
        found.long[answers[0][:40]] += 1
    return None


def by_hand(system: System, wamid: str) -> bool:
    """Whether the professional talks by hand in the conversation of a message."""
    query = (
        "SELECT c.handover_until FROM conversaciones c JOIN messages m ON m.conversacion_id = c.id "
        "WHERE m.wamid = :wamid"
    )
    until = system.rows(query, wamid=wamid)[0].handover_until
    return until is not None and until > system.now()


def broken(system: System) -> dict[str, list[Any]]:
    """The promises of the database that do not hold."""
    found = {what: system.rows(query) for what, query in INVARIANTS.items()}
    return {what: rows for what, rows in found.items() if rows}


def logged(system: System) -> list[str]:
    """Exceptions and errors in the logs of the processes."""
    lines = []
    for path in sorted(system.logs.glob("*.log")):
        for line in path.read_text(errors="replace").splitlines():
            if "Traceback" in line or re.search(r"\b(ERROR|CRITICAL)\b", line):
                lines.append(f"{path.name}: {line[:300]}")
    return lines


def main() -> int:
    """Walk, print what was found; 1 where anything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--turns", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with running_system() as system:
        found = walk(system, chosen.turns, chosen.seed, print)
    for line in found.troubles:
        print(line)
    print(
        f"{found.turns} turns ({found.taps} taps) with seed {chosen.seed}: "
        f"{len(found.troubles)} troubles, {sum(found.long.values())} bubbles over {LONG_CHARS} characters"
    )
    return 1 if found.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
