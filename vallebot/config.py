"""Settings, read once from the environment by the entry points (and by nothing else)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class ConfigError(Exception):
    """The environment does not hold what is needed; the message names everything that is wrong at once."""


@dataclass(frozen=True)
class WhatsAppSettings:
    """How to talk to the WhatsApp Cloud API. Secrets never appear in `repr`.

    app_secrets  the first signs nothing; any of them may have signed a webhook (rotation)
    """

    verify_token: str = field(repr=False)
    app_secrets: tuple[str, ...] = field(repr=False)
    access_token: str = field(repr=False)
    graph_url: str = "https://graph.facebook.com"
    graph_version: str = "v23.0"
    phone_number_ids: tuple[
        str, ...
    ] = ()  #: lines shared by several professionals; empty: any line is accepted
    step_back_minutes: int = 240  #: silence of the bot after the professional wrote by hand in the phone app
    argentina_strip_9: bool = (
        False  #: send to 54… instead of 549…; the other form is tried on error 131030 anyway
    )


@dataclass(frozen=True)
class Settings:
    """Everything an entry point needs.

    database_url  None means the embedded Postgres under `state_dir`
    secret        signs the ids of buttons and lists
    registration_approval  who registers a business by chat has to be approved by the operator first
    """

    database_url: str | None
    state_dir: Path
    media_dir: Path
    secret: str = field(repr=False)
    whatsapp: WhatsAppSettings
    rasa_port: int = 5005
    actions_port: int = 5055
    simulator_port: int = 8080
    log_level: str = "INFO"
    registration_approval: bool = False
    demo: bool = True  #: `rasa shell` may speak as the demo client; off in production

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check the settings; raises ConfigError naming every missing or malformed name."""
        reader = _Reader(os.environ if environ is None else environ)
        production = reader.text("VALLEBOT_ENV", "demo") == "production"
        whatsapp = _whatsapp(reader, production)
        state_dir = Path(reader.text("VALLEBOT_STATE_DIR", str(PROJECT_ROOT / ".vallebot"))).resolve()
        settings = cls(
            database_url=reader.text("DATABASE_URL", "") or None,
            state_dir=state_dir,
            media_dir=Path(reader.text("VALLEBOT_MEDIA_DIR", str(state_dir / "media"))).resolve(),
            secret=reader.secret("VALLEBOT_SECRET", "demo-secret", production),
            whatsapp=whatsapp,
            rasa_port=reader.port("VALLEBOT_RASA_PORT", 5005),
            actions_port=reader.port("VALLEBOT_ACTIONS_PORT", 5055),
            simulator_port=reader.port("VALLEBOT_SIMULATOR_PORT", 8080),
            log_level=reader.text("VALLEBOT_LOG_LEVEL", "INFO").upper(),
            registration_approval=reader.one_of("VALLEBOT_REGISTRATION", ("open", "approval")) == "approval",
            demo=not production,
        )
        reader.raise_if_wrong()
        return settings


def _whatsapp(reader: _Reader, production: bool) -> WhatsAppSettings:
    simulator = f"http://127.0.0.1:{reader.text('VALLEBOT_SIMULATOR_PORT', '8080')}/graph"
    return WhatsAppSettings(
        verify_token=reader.secret("WHATSAPP_VERIFY_TOKEN", "demo-verify-token", production),
        app_secrets=tuple(reader.secret("WHATSAPP_APP_SECRET", "demo-app-secret", production).split(",")),
        access_token=reader.secret("WHATSAPP_ACCESS_TOKEN", "demo-access-token", production),
        graph_url=reader.text("WHATSAPP_GRAPH_URL", WhatsAppSettings.graph_url if production else simulator),
        graph_version=reader.text("WHATSAPP_GRAPH_VERSION", WhatsAppSettings.graph_version),
        phone_number_ids=tuple(filter(None, reader.text("WHATSAPP_PHONE_NUMBER_IDS", "").split(","))),
        step_back_minutes=reader.number("WHATSAPP_STEP_BACK_MINUTES", 240),
        argentina_strip_9=reader.text("WHATSAPP_ARGENTINA_STRIP_9", "no").lower()
        in ("1", "yes", "true", "si"),
    )


class _Reader:
    """Reads values and collects everything that is wrong, so that the operator mends it in one go."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._wrong: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name, "").strip() or default

    def secret(self, name: str, demo_default: str, production: bool) -> str:
        value = self._environ.get(name, "").strip()
        if not value and production:
            self._wrong.append(f"{name} is missing")
        return value or demo_default

    def port(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not value.isdigit() or not 0 < int(value) < 65536:
            self._wrong.append(f"{name} must be a port number, not '{value}'")
            return default
        return int(value)

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or int(value) < 1:
            self._wrong.append(f"{name} must be a number greater than 0, not '{value}'")
            return default
        return int(value)

    def one_of(self, name: str, values: tuple[str, ...]) -> str:
        """One of `values`, the first where nothing is set."""
        value = self.text(name, values[0]).lower()
        if value not in values:
            self._wrong.append(f"{name} must be {' or '.join(values)}, not '{value}'")
            return values[0]
        return value

    def raise_if_wrong(self) -> None:
        if self._wrong:
            raise ConfigError("Wrong settings: " + "; ".join(self._wrong) + ". See .env.example.")


def load_dotenv(path: Path, environ: dict[str, str] | os._Environ[str]) -> None:
    """Put NAME=value lines of a `.env` file into `environ`; what is already set there wins.

    Raises ConfigError naming the first line that is neither a comment nor NAME=value.
    """
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, separator, value = stripped.partition("=")
        if not separator or not name.strip().isidentifier():
            raise ConfigError(f"{path.name}, line {number}: expected NAME=value.")
        environ.setdefault(name.strip(), value.strip().strip("'\""))
