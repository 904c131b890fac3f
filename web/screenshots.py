"""`python -m web.screenshots`: the pictures of the documentation, taken from a staged conversation.

The business is played from a script, so that the pictures do not change from one run to the next.
"""

from __future__ import annotations

import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import click
from flask import Flask, Response
from selenium import webdriver

from web.app import create_app
from web.browser import NoChromium, start_chromium
from web.fake_graph import FakeGraph, Person
from web.serving import BackgroundServer
from web.settings import SimulatorSettings
from web.simulator.cast import DEFAULT_CAST

_LAURA, _ANA, _PEDRO = (person.wa_id for person in DEFAULT_CAST.persons)
_LINE = DEFAULT_CAST.lines[0].phone_number_id
_TUESDAY = datetime(2026, 11, 24, 13, 2, tzinfo=timezone.utc)
_SETTLE_S = 1.0
FOLDER = Path("docs/images")


class _Stage:
    """The people write and the business answers, a few seconds apart on a clock of their own."""

    def __init__(self, graph: FakeGraph, clock: list[datetime]) -> None:
        self._graph, self._clock = graph, clock

    def hears(self, person: str, text: str) -> None:
        """A person writes, and it is read."""
        wamid = self._graph.deliver_text(person, "", text, _LINE)
        self._read(wamid)

    def taps(self, title: str) -> None:
        """The person who got the last message taps an option of it."""
        self._read(self._graph.tap(self._graph.sent[-1], title))

    def sends_proof(self, person: str, filename: str) -> None:
        """A person sends a PDF."""
        self._read(self._graph.deliver_document(person, "", b"%PDF-1.4", filename, _LINE))

    def says(self, person: str, body: str, *, buttons: tuple[str, ...] = (), footer: str = "") -> None:
        """The business writes, perhaps with buttons."""
        self._tick()
        envelope: dict[str, Any] = {"messaging_product": "whatsapp", "to": person}
        if not buttons:
            self._graph.post_message(_LINE, {**envelope, "type": "text", "text": {"body": body}})
            return
        choices = [{"type": "reply", "reply": {"id": title, "title": title}} for title in buttons]
        interactive = {"type": "button", "body": {"text": body}, "action": {"buttons": choices}}
        if footer:
            interactive["footer"] = {"text": footer}
        self._graph.post_message(_LINE, {**envelope, "type": "interactive", "interactive": interactive})

    def offers(self, person: str, body: str, button: str, rows: tuple[tuple[str, str], ...]) -> None:
        """The business sends a list."""
        self._tick()
        items = [{"id": title, "title": title, "description": description} for title, description in rows]
        action = {"button": button, "sections": [{"title": "Turnos libres", "rows": items}]}
        interactive = {"type": "list", "body": {"text": body}, "action": action}
        body_of_call = {"messaging_product": "whatsapp", "to": person, "type": "interactive"}
        self._graph.post_message(_LINE, {**body_of_call, "interactive": interactive})

    def _read(self, wamid: str) -> None:
        self._graph.wait_acknowledged(wamid)
        self._graph.post_message(
            _LINE, {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        )
        self._tick()

    def _tick(self) -> None:
        self._clock[0] += timedelta(seconds=20)


def play(stage: _Stage) -> None:
    """The conversation of the pictures: a booking, its proof of payment, and the professional's side."""
    stage.hears(_PEDRO, "Gracias!!")
    stage.says(_PEDRO, "¡De nada, Pedro! Nos vemos el *viernes a las 10*.")
    stage.hears(_ANA, "hola! quiero un turno xa el jueves a la tarde")
    stage.offers(
        _ANA,
        "¡Hola, Ana! Para *masaje descontracturante* el jueves 26 a la tarde tengo estos lugares:",
        "Ver horarios",
        (("Jueves 26, 16:00", "60 min · $ 25.000"), ("Jueves 26, 17:30", "60 min · $ 25.000")),
    )
    stage.taps("Jueves 26, 17:30")
    stage.says(
        _ANA,
        "Listo: *jueves 26 a las 17:30*, masaje descontracturante.\nGorriti 4521, Palermo.",
        buttons=("Pagar ahora", "Cambiar", "Cancelar"),
        footer="Se puede cancelar sin cargo hasta 24 h antes",
    )
    stage.sends_proof(_ANA, "comprobante-48120377.pdf")
    stage.says(_ANA, "Recibí tu comprobante por *$ 25.000*. Le aviso a Laura y te confirmo.")
    stage.hears(_LAURA, "qué tengo el jueves?")
    stage.says(
        _LAURA,
        "*Jueves 26 de noviembre*\n09:00  Juan Pérez · Reflexología\n11:00  libre\n"
        "17:30  Ana Pérez · Descontracturante\n19:00  Sofía Díaz · Relajante",
    )
    stage.says(
        _LAURA,
        "Ana Pérez informó un pago de *$ 25.000* (transferencia, operación 48120377).",
        buttons=("Confirmar", "Rechazar"),
    )


def take(driver: webdriver.Chrome, url: str, folder: Path) -> list[Path]:
    """Photograph the page at desktop and at phone width; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    desktop, phone = folder / "simulator-desktop.png", folder / "simulator-phone.png"
    _viewport(driver, 1440, 860)
    driver.get(url)
    _settle(driver)
    driver.find_element("css selector", '[data-testid="close-drawer"]').click()
    driver.find_element("css selector", f'[data-testid="chat-row"][data-person="{_ANA}"]').click()
    _settle(driver)
    driver.save_screenshot(str(desktop))
    _viewport(driver, 412, 860)
    driver.get(url)
    _settle(driver)
    row = driver.find_element("css selector", f'[data-testid="chat-row"][data-person="{_ANA}"]')
    driver.execute_script("arguments[0].click()", row)
    _settle(driver)
    driver.save_screenshot(str(phone))
    return [desktop, phone]


def _viewport(driver: webdriver.Chrome, width: int, height: int) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def _settle(driver: webdriver.Chrome) -> None:
    driver.execute_script("document.activeElement.blur()")
    time.sleep(_SETTLE_S)  # the last status has arrived and the list has scrolled to its end


def _staged() -> tuple[FakeGraph, BackgroundServer, BackgroundServer]:
    sink = Flask("sink")
    sink.add_url_rule("/", view_func=lambda: Response(status=200), methods=["POST"])
    sink_server = BackgroundServer(sink, "127.0.0.1", 0)
    clock = [_TUESDAY]
    persons = [*DEFAULT_CAST.persons, Person("5491161110003", "Sofía Díaz")]
    settings = SimulatorSettings(
        webhook_url=f"http://127.0.0.1:{sink_server.port}/",
        app_secret="staged",
        access_token="staged",
        persons=persons,
        tour=DEFAULT_CAST.tour,
        now=lambda: clock[0],
    )
    app = create_app(settings)
    graph: FakeGraph = app.extensions["fake_graph"]
    server = BackgroundServer(app, "127.0.0.1", 0)
    for each in (sink_server, server):
        each.start()
    graph.start()
    play(_Stage(graph, clock))
    return graph, server, sink_server


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True)
def main(folder: Path) -> None:
    """Take the pictures of the documentation again."""
    with tempfile.TemporaryDirectory() as profile:
        try:
            driver = start_chromium(Path(profile))
        except NoChromium as exc:
            raise click.ClickException(str(exc)) from exc
        graph, server, sink = _staged()
        try:
            for path in take(driver, f"http://127.0.0.1:{server.port}/simulator/", folder):
                click.echo(path)
        finally:
            driver.quit()
            graph.stop()
            server.stop()
            sink.stop()


if __name__ == "__main__":
    main()
