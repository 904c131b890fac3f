"""The web application: the local Graph API, its controls and the simulator page."""

from __future__ import annotations

from flask import Flask, jsonify, redirect
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue

from web.fake_graph.clock import TravelClock
from web.fake_graph.control import control_api
from web.fake_graph.graph import FakeGraph
from web.fake_graph.routes import graph_api
from web.guard import install_guard
from web.settings import SimulatorSettings
from web.simulator import simulator


def build_graph(settings: SimulatorSettings) -> FakeGraph:
    """The stand-in that these settings describe, not started."""
    graph = FakeGraph(
        settings.webhook_url,
        settings.app_secret,
        settings.access_token,
        phone_numbers=settings.phone_numbers,
        persons=settings.persons,
        waba_id=settings.waba_id,
        clock=TravelClock(settings.now, settings.set_clock_offset),
    )
    if settings.templates_dir is not None:
        graph.templates.load_directory(settings.templates_dir)
    return graph


def create_app(settings: SimulatorSettings, graph: FakeGraph | None = None) -> Flask:
    """The Flask application: `/graph` (Graph API), `/control`, `/simulator` (page), `/health`.

    `graph` is built from the settings when not given; the caller starts and stops it
    (`app.extensions["fake_graph"]`).
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 101 * 1024 * 1024  # a document of 100 MB and its form
    if isinstance(app.json, DefaultJSONProvider):
        app.json.sort_keys = False  # a story is told in its order
    app.extensions["fake_graph"] = graph or build_graph(settings)
    app.extensions["simulator_settings"] = settings
    app.extensions["simulator_token"] = install_guard(app)
    app.register_blueprint(graph_api)
    app.register_blueprint(control_api)
    app.register_blueprint(simulator)

    @app.get("/")
    def home() -> ResponseReturnValue:
        return redirect("/simulator/")

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return jsonify({"status": "ok"})

    return app
