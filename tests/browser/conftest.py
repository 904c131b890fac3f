"""A headless Chromium, and the simulator with an echo bot behind it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from echo_bot import SECRET, TEMPLATE, TOKEN, EchoBot
from phone_page import SimulatorPage
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from web.app import create_app
from web.fake_graph import FakeGraph, Person
from web.serving import BackgroundServer
from web.settings import SimulatorSettings
from web.simulator.cast import DEFAULT_CAST

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--lang=es-AR",
)


def _chromium() -> tuple[str, str] | None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One Chromium for the whole run; skipped where there is none, except in CI."""
    found = _chromium()
    if found is None:
        message = "needs chromium and chromedriver (Debian: apt install chromium chromium-driver)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    options = webdriver.ChromeOptions()
    options.binary_location = found[0]
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(found[1]))
    yield chrome
    chrome.quit()


@pytest.fixture
def browser(driver: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser at desktop size, on an empty page."""
    driver.set_window_size(1440, 900)
    yield driver
    driver.get("about:blank")
    driver.get_log("browser")


@pytest.fixture
def bot() -> Iterator[EchoBot]:
    """The business that answers."""
    echo = EchoBot()
    echo.start()
    yield echo
    echo.stop()


@pytest.fixture
def settings(bot: EchoBot) -> SimulatorSettings:
    """Laura, Ana and Pedro on one line."""
    persons = [*DEFAULT_CAST.persons, Person("5491161110003", "<b>Eva</b>", "Cliente")]
    return SimulatorSettings(
        webhook_url=bot.url, app_secret=SECRET, access_token=TOKEN, persons=persons, tour=DEFAULT_CAST.tour
    )


@pytest.fixture
def graph(settings: SimulatorSettings, bot: EchoBot) -> Iterator[FakeGraph]:
    """The running simulator's Graph API; `graph.page_url` is where its page is."""
    app = create_app(settings)
    fake: FakeGraph = app.extensions["fake_graph"]
    fake.templates.create(TEMPLATE)
    server = BackgroundServer(app, "127.0.0.1", 0)
    server.start()
    bot.graph_url = f"http://127.0.0.1:{server.port}/graph"
    fake.start()
    app.extensions["page_url"] = f"http://127.0.0.1:{server.port}/simulator/"
    fake.page_url = app.extensions["page_url"]  # type: ignore[attr-defined]
    yield fake
    fake.stop()
    server.stop()


@pytest.fixture
def page(browser: webdriver.Chrome, graph: FakeGraph) -> SimulatorPage:
    """The simulator, loaded and connected."""
    return SimulatorPage(browser, graph.page_url).load()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the page are kept as artifacts."""
    folder = Path(os.environ.get("VALLEBOT_SCREENSHOTS", "results/screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
