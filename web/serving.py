"""Serving a Flask application from a thread, bound to loopback."""

from __future__ import annotations

import ipaddress
import logging
import threading

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

logger = logging.getLogger(__name__)


class _QuietHandler(WSGIRequestHandler):
    """Keep connections open between requests, and the log free of one line per request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: requests are seen on the page."""


class BackgroundServer:
    """A threaded HTTP server; port 0 takes a free one. Refuses to listen beyond loopback (ValueError)."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        require_loopback(host)
        self._server = make_server(host, port, app, threaded=True, request_handler=_QuietHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="http", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on, known before `start`."""
        return int(self._server.server_port)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the server is stopped."""
        self._thread.join()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()


def require_loopback(host: str) -> None:
    """Raise ValueError unless `host` is an address of this machine only."""
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"the simulator listens on loopback only, not on {host}")
