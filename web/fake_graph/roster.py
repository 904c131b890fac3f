"""The lines of the business and the people with a phone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from web.fake_graph.people import BSUID, Person, PhoneLine, canonical_wa_id, pretty_number


class Roster:
    """People by key, lines by id. Safe to use from several threads."""

    def __init__(self, lines: Iterable[PhoneLine], persons: Iterable[Person]) -> None:
        self._lock = threading.Lock()
        self._lines = {line.phone_number_id: line for line in lines}
        self._persons = {person.key: person for person in persons}
        if not self._lines:
            raise ValueError("at least one phone line is needed")

    def lines(self) -> list[PhoneLine]:
        """Every line, in the order of the settings."""
        return list(self._lines.values())

    def line(self, phone_number_id: str) -> PhoneLine | None:
        """A line by its id."""
        return self._lines.get(phone_number_id)

    def require_line(self, phone_number_id: str | None) -> PhoneLine:
        """A line by its id, the first one when None. Raises LookupError."""
        if phone_number_id is None:
            return self.lines()[0]
        if phone_number_id not in self._lines:
            raise LookupError(f"no line {phone_number_id}")
        return self._lines[phone_number_id]

    def persons(self) -> list[Person]:
        """Everybody, in the order of appearance."""
        with self._lock:
            return list(self._persons.values())

    def person(self, key: str) -> Person | None:
        """Somebody by key, or by business-scoped id where the key is a phone."""
        with self._lock:
            found = self._persons.get(key)
            return found or next((item for item in self._persons.values() if item.user_id == key), None)

    def put(self, person: Person) -> None:
        """Add or change somebody."""
        with self._lock:
            self._persons[person.key] = person

    def by_number(self, number: str, *, on_new: Callable[[Person], None]) -> Person:
        """Whom a dialled number reaches; an unknown one becomes a phone of its own."""
        return self.writer(canonical_wa_id(number), "", on_new=on_new)

    def writer(self, key: str, name: str, *, on_new: Callable[[Person], None]) -> Person:
        """Somebody by key, created if need be; a name given replaces the one known."""
        known = self.person(key)
        if known is not None and name in ("", known.name):
            return known
        if known is not None:
            person = replace(known, name=name)
        else:
            wa_id, user_id = ("", key) if BSUID.fullmatch(key) else (key, "")
            person = Person(wa_id, name or pretty_number(key), "Número nuevo", user_id=user_id)
        self.put(person)
        on_new(person)
        return person
