"""The webhook: WhatsApp's one door into Rasa."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic import response as responses
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import InterfaceError, OperationalError

from connectors import rasa_mends
from connectors.whatsapp.payloads import parse_webhook
from connectors.whatsapp.processing import InboxProcessor
from connectors.whatsapp.signature import is_authentic
from connectors.whatsapp.webhook import store_updates
from vallebot.runtime import Runtime, get_runtime

logger = logging.getLogger(__name__)

#: Cloud API: webhook bodies have up to 3 MB.
BODY_MAX_BYTES = 3 * 1024 * 1024


class WhatsAppInput(InputChannel):
    """WhatsApp Cloud API as a Rasa channel: `connectors.whatsapp.WhatsAppInput:` in credentials.yml.

    Nothing has to be configured there: secrets come from the environment when the server starts
    (see vallebot/config.py), so that `rasa train` and `rasa shell` work without them.
    """

    def __init__(self) -> None:
        self._processor: InboxProcessor | None = None
        self._runtime: Runtime | None = None
        rasa_mends.apply()

    @classmethod
    def name(cls) -> str:
        """Name in URLs: /webhooks/whatsapp."""
        return "whatsapp"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WhatsAppInput:
        """Called by Rasa with the channel's part of credentials.yml, which is empty."""
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Routes `GET` (verification) and `POST` (updates) on /webhooks/whatsapp, and the inbox's task."""
        whatsapp = Blueprint("whatsapp_webhook")

        @whatsapp.listener("after_server_start")
        async def start(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
            runtime = await loop.run_in_executor(None, get_runtime)
            await loop.run_in_executor(
                None, lambda: (runtime.sessions, runtime.language_model, runtime.transcriber, runtime.encoder)
            )
            self._runtime = runtime
            self._processor = InboxProcessor(runtime, app.ctx.agent)
            app.add_task(self._processor.run())

        @whatsapp.get("/")
        async def verify(request: Request) -> HTTPResponse:
            return self._verify(request)

        @whatsapp.post("/")
        async def receive(request: Request) -> HTTPResponse:
            return await self._receive(request)

        @whatsapp.get("/health")
        async def health(request: Request) -> HTTPResponse:
            ready = self._processor is not None and request.app.ctx.agent.is_ready()
            return responses.json({"ready": ready}, status=200 if ready else 503)

        return whatsapp

    def _verify(self, request: Request) -> HTTPResponse:
        if self._runtime is None:
            return responses.empty(503)
        expected = self._runtime.settings.whatsapp.verify_token
        given = request.args.get("hub.verify_token", "")
        subscribing = request.args.get("hub.mode") == "subscribe"
        if subscribing and hmac.compare_digest(given.encode(), expected.encode()):
            return responses.text(request.args.get("hub.challenge", ""))
        return responses.empty(403)

    async def _receive(self, request: Request) -> HTTPResponse:
        if self._processor is None or self._runtime is None:
            return responses.empty(503)
        if len(request.body) > BODY_MAX_BYTES:
            return responses.empty(413)
        secrets = self._runtime.settings.whatsapp.app_secrets
        if not is_authentic(request.body, request.headers.get("X-Hub-Signature-256"), secrets):
            logger.warning("webhook with a wrong signature")
            return responses.empty(403)
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            return responses.empty(400)
        if not isinstance(body, dict):
            return responses.empty(400)
        return await self._store(self._processor, self._runtime, body)

    @staticmethod
    async def _store(processor: InboxProcessor, runtime: Runtime, body: dict[str, Any]) -> HTTPResponse:
        try:
            updates = parse_webhook(body)
            now = await processor.in_thread(runtime.clock.now)
            step_back = timedelta(minutes=runtime.settings.whatsapp.step_back_minutes)
            await processor.in_thread(store_updates, runtime.sessions, updates, now=now, step_back=step_back)
        except (OperationalError, InterfaceError) as exc:
            # WhatsApp repeats what is not acknowledged: better late than lost.
            logger.error("webhook not stored, the database is away", extra={"reason": type(exc).__name__})
            return responses.empty(503)
        processor.wake()
        return responses.empty(200)
