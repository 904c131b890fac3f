"""Turns and bubbles per finished operation, through the whole system; prints the table of docs/conversation.md.

    python -m benchmarks.turns

A turn is a message or tap of the person, a bubble what they get for it. Each dialogue is by somebody new, unless the
table says otherwise; notices to the other side are not counted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from tests.harness import Phone, System, running_system, titles_of
from vallebot import demo


@dataclass
class Talk:
    """A dialogue that counts its turns."""

    phone: Phone
    turns: int = 0
    first: int = 0

    def __post_init__(self) -> None:
        self.phone.catch_up()
        self.first = len(self.phone.received())

    def say(self, words: str) -> None:
        self.turns += 1
        self.bubble = self.phone.ask(words)

    def tap(self, title: str = "") -> None:
        """Tap what begins so, or the first option."""
        self.turns += 1
        self.bubble = self.phone.tap(self.bubble, title or titles_of(self.bubble)[0])

    @property
    def bubbles(self) -> int:
        return len(self.phone.received()) - self.first


def known(system: System, name: str = "Nora Paz") -> Phone:
    """A client who has booked before, so that the name is known."""
    phone = system.client(name)
    phone.books(name=name)
    phone.catch_up()
    return phone


def book_all(system: System) -> Talk:
    talk = Talk(known(system))
    talk.say("masaje relajante el jueves de la semana que viene a las 9")
    talk.tap("Sí")
    return talk


def book_day(system: System) -> Talk:
    talk = Talk(known(system))
    talk.say("quiero un turno de reflexología para el viernes")
    talk.tap()
    return talk


def book_day_stranger(system: System) -> Talk:
    talk = Talk(system.client())
    talk.say("hola! quiero un turno de reflexología para el viernes")
    talk.tap()
    talk.say("Rita Vega")
    return talk


def book_nothing(system: System) -> Talk:
    talk = Talk(system.client())
    talk.say("quiero un turno")
    talk.tap("Reflexología")
    talk.tap()
    talk.say("Rita Vega")
    return talk


def cancel(system: System) -> Talk:
    talk = Talk(known(system))
    talk.say("no voy a poder ir, cancelalo")
    talk.tap("Sí")
    return talk


def move_day(system: System) -> Talk:
    talk = Talk(known(system))
    talk.say("lo puedo pasar al sábado?")
    talk.tap()
    return talk


def see(system: System) -> Talk:
    talk = Talk(known(system))
    talk.say("cuándo tengo turno?")
    return talk


def join(system: System) -> Talk:
    person = system.client()
    talk = Talk(Phone(system, person.wa_id, person.name, demo.ANA_LINE))
    talk.say("me quiero anotar en yoga")
    talk.tap(titles_of(talk.bubble)[-1])
    return talk


def accept(system: System) -> Talk:
    laura = system.laura()
    laura.catch_up()
    system.client().books(name="Rita Vega")
    notice = laura.next_bubble()
    talk = Talk(laura)
    talk.bubble = notice
    talk.tap("Aceptar")
    return talk


def book_for(system: System) -> Talk:
    known(system, "Zulema Quiroga")
    talk = Talk(system.laura())
    talk.say("anotá a Zulema Quiroga masaje relajante el miércoles de la semana que viene a las 18")
    talk.tap("Sí")
    return talk


def agenda(system: System) -> Talk:
    talk = Talk(system.laura())
    talk.say("qué tengo mañana?")
    return talk


DIALOGUES: dict[str, Callable[[System], Talk]] = {
    "book, all said at once (known client)": book_all,
    "book, service and day said (known client)": book_day,
    "book, service and day said (stranger, asked for the name)": book_day_stranger,
    "book, nothing said (stranger)": book_nothing,
    "cancel": cancel,
    "move, day said": move_day,
    "see bookings": see,
    "join a class": join,
    "professional: accept a request": accept,
    "professional: book for a client, all said": book_for,
    "professional: the agenda of a day": agenda,
}


def main() -> int:
    """Print the table."""
    with running_system() as system:
        print("| operation | turns | bubbles |\n|---|---|---|")
        for name, dialogue in DIALOGUES.items():
            talk = dialogue(system)
            print(f"| {name} | {talk.turns} | {talk.bubbles} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
