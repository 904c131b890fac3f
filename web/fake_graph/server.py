"""The stand-in as a server in a thread, for tests."""

from __future__ import annotations

from typing import Any

from flask import Flask

from web.fake_graph.control import control_api
from web.fake_graph.graph import FakeGraph
from web.fake_graph.routes import graph_api
from web.guard import install_guard
from web.serving import BackgroundServer


class FakeGraphServer(FakeGraph):
    """A `FakeGraph` that listens on 127.0.0.1.

    >>> with FakeGraphServer(webhook_url, "app-secret", "token") as graph:
    ...     graph.deliver_text("5491161110001", "Ana", "hola")
    ...     graph.wait_for(lambda sent: "¡Hola" in sent.text)
    """

    def __init__(
        self, webhook_url: str, app_secret: str, access_token: str, port: int = 0, **options: Any
    ) -> None:
        super().__init__(webhook_url, app_secret, access_token, **options)
        app = Flask(__name__)
        app.extensions["fake_graph"] = self
        app.register_blueprint(graph_api)
        app.register_blueprint(control_api)
        install_guard(app)
        self._server = BackgroundServer(app, "127.0.0.1", port)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """Base address; the Graph API is at `<url>/graph/<version>/…`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def graph_url(self) -> str:
        """What stands in for `https://graph.facebook.com`."""
        return f"{self.url}/graph"

    def start(self) -> FakeGraphServer:
        """Listen and begin posting webhooks."""
        super().start()
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop both."""
        super().stop()
        self._server.stop()

    def __enter__(self) -> FakeGraphServer:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()
