"""The composition root: what every process of an installation shares, built once from the settings."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.engine import Engine
from sqlalchemy.orm import sessionmaker

from vallebot.clock import Clock, SystemClock
from vallebot.config import PROJECT_ROOT, Settings, load_dotenv
from vallebot.db.postgres import ensure_embedded
from vallebot.db.session import make_engine, make_sessions
from vallebot.gateways.media_store import MediaStore
from vallebot.gateways.proof_text import ProofTextReader
from vallebot.gateways.sentences import sentence_vectors
from vallebot.gateways.whatsapp.client import GraphApi
from vallebot.gateways.whatsapp.media import WhatsAppMedia
from vallebot.services import embeddings
from vallebot.services.attachments import MediaSource
from vallebot.services.embeddings import Encoder
from vallebot.services.fallback.model import LanguageModel
from vallebot.services.proofs import ProofTools
from vallebot.services.voice import Transcriber


@dataclass
class Runtime:
    """Settings, database and clock of this process. Everything is opened when it is first needed."""

    settings: Settings

    @cached_property
    def database_url(self) -> str:
        """Where the database is; starts the embedded one where none is configured."""
        return self.settings.database_url or ensure_embedded(self.settings.state_dir)

    @cached_property
    def engine(self) -> Engine:
        return make_engine(self.database_url)

    @cached_property
    def sessions(self) -> sessionmaker:
        return make_sessions(self.engine)

    @cached_property
    def clock(self) -> Clock:
        return SystemClock(self.sessions)

    @cached_property
    def proof_tools(self) -> ProofTools:
        """Where files are kept, and what reads them."""
        return ProofTools(MediaStore(self.settings.media_dir), ProofTextReader())

    @cached_property
    def media_source(self) -> MediaSource:
        """Where the files that people send come from."""
        return WhatsAppMedia(GraphApi(self.settings.whatsapp))

    @cached_property
    def language_model(self) -> LanguageModel | None:
        """Who is asked where understanding is unsure; None where none is configured."""
        if self.settings.llm is None:
            return None
        from vallebot.gateways.llm import OpenAiModel  # half a second that only those pay who use it

        return OpenAiModel(self.settings.llm)

    @cached_property
    def transcriber(self) -> Transcriber | None:
        """Who writes down voice notes; None where nobody is configured."""
        if self.settings.transcription is None:
            return None
        from vallebot.gateways.transcription import OpenAiTranscriber

        return OpenAiTranscriber(self.settings.transcription)

    @cached_property
    def encoder(self) -> Encoder | None:
        """What the search by meaning compares texts with; None where it is off or something for it is missing."""
        if not self.settings.embeddings or not embeddings.available(self.sessions):
            return None
        return sentence_vectors()


_runtime: Runtime | None = None
_guard = threading.Lock()


def get_runtime() -> Runtime:
    """This process's runtime; reads `.env` and the environment at the first call (raises ConfigError)."""
    global _runtime
    with _guard:
        if _runtime is None:
            load_dotenv(PROJECT_ROOT / ".env", os.environ)
            _runtime = Runtime(Settings.from_env())
        return _runtime


def set_runtime(runtime: Runtime | None) -> None:
    """Replace this process's runtime (tests)."""
    global _runtime
    with _guard:
        _runtime = runtime
