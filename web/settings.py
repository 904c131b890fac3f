"""What the web part needs to know: lines, people, addresses and secrets, as plain frozen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from web.fake_graph.people import DEFAULT_LINE, Person, PhoneLine

#: Free port of the simulator, chosen to stay clear of Rasa (5005) and the action server (5055).
DEFAULT_PORT = 8080


@dataclass(frozen=True)
class Scene:
    """A starting situation that one click loads ("Masajista con agenda llena")."""

    code: str
    title: str
    description: str
    load: Callable[[], None]  #: puts the system's data in place; the chats are emptied before it runs


@dataclass(frozen=True)
class TourStep:
    """One message worth trying, shown in the guided tour."""

    person: str  #: `Person.key` of who writes it
    text: str
    hint: str  #: what the newcomer will see happen


@dataclass(frozen=True)
class SimulatorSettings:
    """Arguments of `web.app.create_app`.

    `webhook_url` receives the signed webhooks; `app_secret` signs them; `access_token` is the bearer that
    callers of the Graph API must show. `explain` receives a WhatsApp message id and returns what the system
    did with it (intent, action, rows): a mapping of section title to label/value pairs.
    """

    webhook_url: str
    app_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    phone_numbers: Sequence[PhoneLine] = (DEFAULT_LINE,)
    persons: Sequence[Person] = ()
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    waba_id: str = "100000000000000"
    templates_dir: Path | None = (
        None  #: JSON bodies of message templates that count as approved from the start
    )
    state_path: Path | None = None  #: JSON file that keeps the chats over a restart; None: memory only
    now: Callable[[], datetime] | None = None  #: aware; None: the machine's clock plus the travelled offset
    set_clock_offset: Callable[[float], None] | None = None  #: tells the whole system how many seconds to add
    explain: Callable[[str], Mapping[str, Mapping[str, str]]] | None = None
    scenes: Sequence[Scene] = ()
    tour: Sequence[TourStep] = ()
