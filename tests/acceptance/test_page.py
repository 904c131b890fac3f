"""The simulator page in a real browser, in front of the real system.

`make screenshots` runs this file with VALLEBOT_SCREENSHOTS: the pictures of the documentation are what it saw.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.browser.phone_page import PhoneOnPage, SimulatorPage, by_testid
from tests.harness import APP_SECRET, TOKEN, System
from vallebot import demo
from web.app import create_app
from web.browser import NoChromium, start_chromium
from web.fake_graph.people import Person
from web.serving import BackgroundServer
from web.settings import SimulatorSettings

PICTURES = Path(os.environ.get("VALLEBOT_SCREENSHOTS", "results/screenshots"))
PATIENCE_SECONDS = 40.0
BUENOS_AIRES = ZoneInfo("America/Argentina/Buenos_Aires")


@pytest.fixture
def page(system: System, tmp_path: Path) -> Iterator[SimulatorPage]:
    """The page on the Graph API stand-in of the running system, with the people of the demo."""
    try:
        driver = start_chromium(tmp_path / "chromium")
    except NoChromium as exc:
        if os.environ.get("CI") == "true":
            pytest.fail(str(exc))
        pytest.skip(str(exc))
    for person in demo.PEOPLE:
        system.graph.add_person(Person(**{**person, "lines": tuple(person["lines"])}))
    settings = SimulatorSettings(webhook_url="", app_secret=APP_SECRET, access_token=TOKEN)
    server = BackgroundServer(create_app(settings, system.graph), "127.0.0.1", 0)
    server.start()
    PICTURES.mkdir(parents=True, exist_ok=True)
    try:
        driver.set_window_size(1440, 900)
        yield SimulatorPage(
            driver, f"http://127.0.0.1:{server.port}/simulator/", timeout=PATIENCE_SECONDS
        ).load()
    finally:
        driver.quit()
        server.stop()


def pick_last_row(page: SimulatorPage) -> None:
    rows = page.wait(lambda: page.all("list-row"), "rows of the list")
    rows[-1].click()
    page.find("list-send").click()


def book(page: SimulatorPage, person: str, words: str) -> PhoneOnPage:
    """A client asks, picks the last free time from the list, and Laura accepts."""
    laura, client = page.phone(demo.LAURA), page.phone(person)
    name = next(one["name"] for one in demo.PEOPLE if one["wa_id"] == person)
    laura.write("hola")
    laura.bubble("turno", mine=False)
    client.write(words)
    client.bubble("Reflexología", mine=False)
    client.tap("Ver horarios")
    pick_last_row(page)
    client.bubble("Apenas Laura", mine=False)
    laura.bubble(name, mine=False)
    laura.tap("Aceptar")
    return client


def phone_width(driver: webdriver.Chrome) -> None:
    metrics = {"width": 412, "height": 860, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def test_a_client_books_and_the_professional_accepts_on_the_page(page: SimulatorPage) -> None:
    page.close_tools()
    laura, marta = page.phone(demo.LAURA), page.phone(demo.MARTA)
    laura.write("hola")
    laura.bubble("turno", mine=False)
    marta.write("kiero turno de masaje relajante xa el jueves a la tarde")
    marta.bubble("Masaje relajante", mine=False)
    marta.tap("Ver horarios")
    pick_last_row(page)
    marta.bubble("Apenas Laura", mine=False)
    laura.bubble("Marta Ruiz", mine=False)
    laura.tap("Aceptar")
    laura.bubble("acepté", mine=False)
    marta.bubble("confirm", mine=False)
    marta.write("cuando tengo turno?")
    marta.bubble("Tenés este turno", mine=False)
    laura.write("qué tengo el jueves?")
    laura.bubble("Marta Ruiz, Masaje relajante", mine=False)
    page.screenshot(PICTURES / "simulator-desktop.png")

    phone_width(page.driver)
    page.driver.get(page.url)
    row = page.find("chat-row", person=demo.MARTA)
    page.driver.execute_script("arguments[0].click()", row)
    page.wait(
        lambda: page.driver.find_elements(By.CSS_SELECTOR, by_testid("bubble")[1]), "the chat on a phone"
    )
    page.screenshot(PICTURES / "simulator-phone.png")


def test_a_proof_sent_on_the_page_is_confirmed_by_the_professional(page: SimulatorPage) -> None:
    page.close_tools()
    juan, laura = book(page, demo.JUAN, "kiero turno de reflexologia xa el miercoles"), page.phone(demo.LAURA)
    juan.attach("proof")
    amount = page.find("proof-dialog").find_element(By.NAME, "amount")
    amount.clear()
    amount.send_keys("20000")
    page.find("accept").click()
    juan.bubble("Le avisé a Laura", mine=False)
    laura.bubble("Juan Pérez avisó un pago de $ 20.000", mine=False)
    laura.tap("Confirmar")
    juan.bubble("confirmó tu pago", mine=False)
    page.screenshot(PICTURES / "simulator-proof.png")


def test_travelling_in_time_on_the_page_brings_the_reminder(page: SimulatorPage, system: System) -> None:
    before = system.now()
    page.close_tools()
    sofia = book(page, demo.SOFIA, "hola, reflexología mañana a la tarde puede ser?")
    accepted = (
        "SELECT b.starts_at FROM bookings b JOIN clientes c ON c.id = b.cliente_id "
        "WHERE c.phone_e164 = :phone AND b.state = 'confirmado'"
    )
    [booked] = page.wait(lambda: system.rows(accepted, phone=f"+{demo.SOFIA}"), "the booking is accepted")
    try:
        page.find("open-tools").click()
        local = (booked.starts_at - timedelta(hours=24) + timedelta(minutes=1)).astimezone(BUENOS_AIRES)
        target = page.find("clock-target")
        page.driver.execute_script("arguments[0].value = arguments[1]", target, f"{local:%Y-%m-%dT%H:%M}")
        page.find("clock-go").click()
        sofia.bubble("¿Venís?", mine=False)
        page.screenshot(PICTURES / "simulator-reminder.png")
    finally:
        system.travel_to(before)
