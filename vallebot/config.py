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
    business_account_id: str = ""  #: whose templates `vallebot templates` looks after
    step_back_minutes: int = 240  #: silence of the bot after the professional wrote by hand in the phone app
    late_minutes: int = 60  #: older messages are asked about, not answered as if they were fresh
    messages_per_second: int = (
        80  #: of one number, in and out together (Meta: up to 1,000; 20 with coexistence)
    )
    messages_per_person: int = 45  #: at once; in the long run one every six seconds
    argentina_strip_9: bool = (
        False  #: send to 54… instead of 549…; the other form is tried on error 131030 anyway
    )


@dataclass(frozen=True)
class LlmSettings:
    """The language model that is asked where understanding is unsure; any OpenAI-compatible endpoint.

    Prices are US dollars per million tokens, 0 for a model of one's own. Limits are per professional and day.
    """

    base_url: str
    model: str
    api_key: str = field(repr=False)
    timeout_seconds: float = 6.0  #: for the whole answer, a second try included
    parallel: int = (
        4  #: questions under way at once in one process; beyond that nobody waits, the bot asks back
    )
    price_in: float = 0.0
    price_out: float = 0.0
    daily_calls: int = 200
    daily_tokens: int = 400_000
    daily_dollars: float = 1.0


@dataclass(frozen=True)
class TranscriptionSettings:
    """Where voice notes are written down: any OpenAI-compatible `/audio/transcriptions`."""

    base_url: str
    model: str
    api_key: str = field(repr=False)
    timeout_seconds: float = 20.0
    price_minute: float = 0.0  #: US dollars
    daily_minutes: int = 60  #: per professional
    daily_dollars: float = 1.0


@dataclass(frozen=True)
class Settings:
    """Everything an entry point needs.

    database_url  None means the embedded Postgres under `state_dir`
    secret        signs the ids of buttons and lists
    registration_approval  who registers a business by chat has to be approved by the operator first
    llm, transcription   None: off, which is the default
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
    llm: LlmSettings | None = None
    transcription: TranscriptionSettings | None = None
    embeddings: bool = False  #: the worker keeps vectors of what was said and of relationships

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check the settings; raises ConfigError naming every missing or malformed name."""
        reader = _Reader(os.environ if environ is None else environ)
        production = reader.text("VALLEBOT_ENV", "demo") == "production"
        whatsapp = _whatsapp(reader, production)
        state_dir = Path(reader.text("VALLEBOT_STATE_DIR", str(PROJECT_ROOT / ".vallebot"))).resolve()
        llm = _llm(reader)
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
            llm=llm,
            transcription=_transcription(reader),
            embeddings=reader.flag("VALLEBOT_EMBEDDINGS", llm is not None),
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
        business_account_id=reader.text(
            "WHATSAPP_BUSINESS_ACCOUNT_ID", "" if production else "100000000000000"
        ),
        step_back_minutes=reader.number("WHATSAPP_STEP_BACK_MINUTES", 240),
        late_minutes=reader.number("WHATSAPP_LATE_MINUTES", 60),
        messages_per_second=reader.number("WHATSAPP_MESSAGES_PER_SECOND", 80),
        messages_per_person=reader.number("WHATSAPP_MESSAGES_PER_PERSON", 45),
        argentina_strip_9=reader.flag("WHATSAPP_ARGENTINA_STRIP_9", False),
    )


def _llm(reader: _Reader) -> LlmSettings | None:
    endpoint = reader.endpoint("VALLEBOT_LLM")
    if endpoint is None:
        return None
    return LlmSettings(
        *endpoint,
        timeout_seconds=reader.amount("VALLEBOT_LLM_TIMEOUT", LlmSettings.timeout_seconds),
        parallel=int(reader.amount("VALLEBOT_LLM_PARALLEL", LlmSettings.parallel)),
        price_in=reader.amount("VALLEBOT_LLM_PRICE_IN", LlmSettings.price_in),
        price_out=reader.amount("VALLEBOT_LLM_PRICE_OUT", LlmSettings.price_out),
        daily_calls=int(reader.amount("VALLEBOT_LLM_DAILY_CALLS", LlmSettings.daily_calls)),
        daily_tokens=int(reader.amount("VALLEBOT_LLM_DAILY_TOKENS", LlmSettings.daily_tokens)),
        daily_dollars=reader.amount("VALLEBOT_LLM_DAILY_DOLLARS", LlmSettings.daily_dollars),
    )


def _transcription(reader: _Reader) -> TranscriptionSettings | None:
    endpoint = reader.endpoint("VALLEBOT_TRANSCRIPTION")
    if endpoint is None:
        return None
    kind = TranscriptionSettings
    return kind(
        *endpoint,
        timeout_seconds=reader.amount("VALLEBOT_TRANSCRIPTION_TIMEOUT", kind.timeout_seconds),
        price_minute=reader.amount("VALLEBOT_TRANSCRIPTION_PRICE_MINUTE", kind.price_minute),
        daily_minutes=int(reader.amount("VALLEBOT_TRANSCRIPTION_DAILY_MINUTES", kind.daily_minutes)),
        daily_dollars=reader.amount("VALLEBOT_TRANSCRIPTION_DAILY_DOLLARS", kind.daily_dollars),
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

    def flag(self, name: str, default: bool) -> bool:
        return self.text(name, "yes" if default else "no").lower() in ("1", "yes", "true", "si", "on")

    def amount(self, name: str, default: float) -> float:
        """A number that is not negative."""
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 <= number < float("inf"):
            self._wrong.append(f"{name} must be a number, not '{value}'")
            return default
        return number

    def endpoint(self, prefix: str) -> tuple[str, str, str] | None:
        """(base URL, model, key) of `<prefix>_BASE_URL`, `_MODEL`, `_API_KEY`; None where no URL is set."""
        base_url, model = self.text(f"{prefix}_BASE_URL", ""), self.text(f"{prefix}_MODEL", "")
        if not base_url:
            return None
        if not base_url.startswith(("http://", "https://")):
            self._wrong.append(f"{prefix}_BASE_URL must begin with http:// or https://")
        if not model:
            self._wrong.append(f"{prefix}_MODEL is missing")
        return base_url, model, self.text(f"{prefix}_API_KEY", "")

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
