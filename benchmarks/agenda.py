"""How fast the agenda is: slot search and booking at growing sizes, and bookings per second against plain SQL.

    python -m benchmarks.agenda                     # 1, 10,000 and 1,000,000 bookings; some minutes
    python -m benchmarks.agenda --sizes 1,10000     # quicker

Everything runs on an embedded Postgres in a temporary folder, with durable commits. Read ratios before absolutes:
both sides of each ratio are measured in turns in the same run.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial

from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import sessionmaker

from benchmarks.plain_sql import book_with_plain_sql
from vallebot.db.session import make_engine, make_sessions
from vallebot.db.tables.messaging import Rol
from vallebot.services.actor import Actor
from vallebot.services.agenda import SlotQuery, free_slots
from vallebot.services.bookings import BookRequest, book
from vallebot.testing import databases

NOW = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
CONNECTIONS = 16
Giver = Callable[[], "tuple[Actor, BookRequest]"]
BUSY_BOOKINGS = 2000  #: live ones of the professional that the slot search is measured on
#: Ordinary professionals have this many bookings, half of them over.
BOOKINGS_EACH = 400

PEOPLE = """
    INSERT INTO clientes (name, phone_e164)
    SELECT 'Persona ' || n, '+54911' || lpad(n::text, 8, '0') FROM generate_series(1, :people) n;
    INSERT INTO profesionales (cliente_id, name, phone_e164, code, phone_number_id, address, minimum_notice_minutes)
    SELECT id, name, phone_e164, 'pro-' || id, 'line-' || id, 'Rivadavia 1', 0 FROM clientes WHERE id <= :professionals;
    INSERT INTO servicios (profesional_id, name, name_key, duration_minutes, price_minor)
    SELECT id, 'Masaje', 'masaje', 15, 1000000 FROM profesionales ORDER BY id;
    INSERT INTO horarios (profesional_id, weekday, start_minute, end_minute)
    SELECT p.id, d, 360, 1320 FROM profesionales p, generate_series(0, 6) d;
    INSERT INTO identidades (kind, value, cliente_id) SELECT 'wa_id', substr(phone_e164, 2), id FROM clientes;
    INSERT INTO conversaciones (id, phone_number_id, cliente_id, identidad_id, profesional_id, rol)
    SELECT gen_random_uuid(), p.phone_number_id, p.cliente_id, i.id, p.id, 'profesional'
      FROM profesionales p JOIN identidades i ON i.cliente_id = p.cliente_id;
"""
#: Quarter-hour sessions, evenly over 30 days before and 30 days after NOW, 6:00 to 22:00 local (64 a day).
BOOKINGS = """
    INSERT INTO bookings (profesional_id, servicio_id, cliente_id, kind, period, busy, state, place_mode, price_minor,
                          currency)
    SELECT p.id, s.id, :people - (p.id + n) % 1000, 'individual', at.slot, at.slot, 'confirmado', 'consultorio',
           1000000, 'ARS'
      FROM profesionales p JOIN servicios s ON s.profesional_id = p.id,
           generate_series(0, :each - 1) n,
           LATERAL (SELECT tstzrange(start, start + interval '15 minutes') AS slot
                      FROM (SELECT timestamptz '2026-02-01 09:00Z' + (n / :a_day) * interval '1 day'
                                   + (n % :a_day) * interval '15 minutes' * (60 / :a_day) AS start) AS made) AS at
     WHERE p.id BETWEEN :first AND :last
"""


def seed(engine: Engine, bookings: int) -> int:
    """Fill an empty database with about that many bookings; returns how many professionals there are. The first one
    has BUSY_BOOKINGS live ones ahead, where the size allows."""
    professionals = max(CONNECTIONS + 1, bookings // BOOKINGS_EACH)
    people = professionals + 1000
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text(PEOPLE), {"people": people, "professionals": professionals})
        if bookings > BUSY_BOOKINGS:
            first = {"first": 1, "last": 1, "each": BUSY_BOOKINGS * 60 // 30, "a_day": 60, "people": people}
            connection.execute(text(BOOKINGS), first)
            each = {"first": 2, "last": professionals, "each": BOOKINGS_EACH, "a_day": 10, "people": people}
            connection.execute(text(BOOKINGS), each)
        else:
            one = {"first": 1, "last": 1, "each": bookings, "a_day": 6, "people": people}
            connection.execute(text(BOOKINGS), one)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("RESET statement_timeout"))
    return professionals


def milliseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def said(name: str, values: list[float]) -> None:
    ordered = sorted(values)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(f"  {name:<46} p50 {statistics.median(values):7.2f} ms   p99 {p99:7.2f} ms   (n={len(values)})")


class DatabaseTime:
    """Milliseconds spent inside the driver since the last `reset`."""

    def __init__(self, engine: Engine) -> None:
        self.spent = 0.0
        self._start = 0.0
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def reset(self) -> float:
        spent, self.spent = self.spent, 0.0
        return spent

    def _before(self, *_: object) -> None:
        self._start = time.perf_counter()

    def _after(self, *_: object) -> None:
        self.spent += (time.perf_counter() - self._start) * 1000


def cliente_of(profesional_id: int, cliente_id: int) -> Actor:
    return Actor(Rol.CLIENTE, profesional_id, cliente_id)


def measure_search(sessions: sessionmaker, engine: Engine, professionals: int, people: int) -> None:
    """Slot search over 60 days: every free time of the busy professional and of ordinary ones, then the next 5."""
    inside = DatabaseTime(engine)
    for name, choose, limit in (
        ("slot search, 60 days, 2,000 live bookings", lambda: 1, None),
        ("slot search, 60 days, ordinary professional", lambda: random.randint(2, professionals), None),
        ("the next 5 free times", lambda: random.randint(2, professionals), 5),
    ):
        whole, database = [], []
        for number in range(230):
            chosen = choose()
            query = SlotQuery(chosen, step_minutes=15, limit=limit)
            inside.reset()
            took = milliseconds(partial(free_slots, sessions, cliente_of(chosen, people), query, now=NOW))
            if number >= 30:  # the first ones warm the caches up
                whole.append(took)
                database.append(inside.reset())
        said(name, whole)
        said("  of this in the database", database)


def free_requests(professionals: range, people: int) -> Giver:
    """Each call gives a client and a free quarter of an hour: no two are the same, all lie beyond what is booked."""
    numbers = itertools.count()
    lock = threading.Lock()

    def give() -> tuple[Actor, BookRequest]:
        with lock:
            number = next(numbers)
        profesional_id = professionals[number % len(professionals)]
        turn = number // len(professionals)
        starts_at = datetime(2026, 4, 5, 9, tzinfo=timezone.utc) + timedelta(
            days=turn // 60, minutes=15 * (turn % 60)
        )
        actor = cliente_of(profesional_id, people - number % 1000)
        return actor, BookRequest(profesional_id, starts_at)

    return give


def measure_booking(sessions: sessionmaker, give: Giver) -> None:
    """One booking after the other."""
    took = []
    for number in range(120):
        actor, request = give()
        took.append(milliseconds(partial(book, sessions, actor, request, now=NOW, key=f"single-{number}")))
    said("booking, one at a time", took[20:])


def measure_throughput(sessions: sessionmaker, engine: Engine, give: Giver, rounds: int) -> None:
    """Bookings per second on CONNECTIONS connections, in turns with plain SQL that writes the same rows."""
    keys = itertools.count()

    def ours() -> None:
        actor, request = give()
        book(sessions, actor, request, now=NOW, key=f"ours-{next(keys)}")

    def plain() -> None:
        actor, request = give()
        book_with_plain_sql(engine, actor, request, now=NOW, key=f"plain-{next(keys)}")

    rates: dict[str, list[float]] = {"vallebot": [], "plain SQL": []}
    for _ in range(rounds):
        rates["vallebot"].append(bookings_per_second(ours))
        rates["plain SQL"].append(bookings_per_second(plain))
    for name, values in rates.items():
        print(f"  {name + f', {CONNECTIONS} connections':<46} {statistics.median(values):7.1f} bookings/s")
    spent, least = client_cpu(ours), client_cpu(plain)
    print(f"  {'processor time of the client, one booking':<46} {spent:7.1f} ms, plain {least:.1f} ms")
    ratios = [a / b for a, b in zip(rates["vallebot"], rates["plain SQL"], strict=True)]
    print(f"  {'ratio (median of rounds)':<46} {statistics.median(ratios):7.2f}")


def client_cpu(one: Callable[[], None], times: int = 60) -> float:
    """Milliseconds of processor time that this process spends on one booking: other load hardly shows in it."""
    start = time.process_time()
    for _ in range(times):
        one()
    return (time.process_time() - start) * 1000 / times


def bookings_per_second(one: Callable[[], None], seconds: float = 4.0) -> float:
    done = [0] * CONNECTIONS
    stop = time.perf_counter() + seconds

    def work(number: int) -> None:
        while time.perf_counter() < stop:
            one()
            done[number] += 1

    start = time.perf_counter()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="1,10000,1000000", help="numbers of bookings, separated by commas")
    parser.add_argument("--rounds", type=int, default=5, help="turns of the throughput measurement")
    arguments = parser.parse_args()
    with databases(durable=True) as server:
        for size in map(int, arguments.sizes.split(",")):
            engine = make_engine(server.migrated(), pool_size=CONNECTIONS)
            sessions = make_sessions(engine)
            professionals = seed(engine, size)
            people = professionals + 1000
            with sessions() as session:
                stored = session.execute(text("SELECT count(*) FROM bookings")).scalar_one()
            print(f"{stored:,} bookings of {professionals:,} professionals")
            measure_search(sessions, engine, professionals, people)
            give = free_requests(range(2, professionals + 1), people)
            measure_booking(sessions, give)
            measure_throughput(sessions, engine, give, arguments.rounds)
            engine.dispose()


if __name__ == "__main__":
    main()
