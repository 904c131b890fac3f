"""A headless Chromium, and the simulator with an echo bot behind it."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from echo_bot import SECRET, TEMPLATE, TOKEN, EchoBot
from flask import Flask
from phone_page import SimulatorPage
from selenium import webdriver

from web.app import create_app
from web.browser import NoChromium, start_chromium
from web.fake_graph import FakeGraph, Person
from web.serving import BackgroundServer
from web.settings import SimulatorSettings
from web.simulator.cast import DEFAULT_CAST


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One Chromium for the whole run; skipped where there is none, except in CI."""
    try:
        chrome = start_chromium(tmp_path_factory.mktemp("chromium"))
    except NoChromium as exc:
        if os.environ.get("CI") == "true":
            pytest.fail(str(exc))
        pytest.skip(str(exc))
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
def app(settings: SimulatorSettings) -> Flask:
    """The web application."""
    return create_app(settings)


@pytest.fixture
def page_url(app: Flask, bot: EchoBot) -> Iterator[str]:
    """Where the page is served."""
    server = BackgroundServer(app, "127.0.0.1", 0)
    server.start()
    bot.graph_url = f"http://127.0.0.1:{server.port}/graph"
    yield f"http://127.0.0.1:{server.port}/simulator/"
    server.stop()


@pytest.fixture
def graph(app: Flask, page_url: str) -> Iterator[FakeGraph]:
    """The running Graph API behind the page."""
    fake: FakeGraph = app.extensions["fake_graph"]
    fake.templates.create(TEMPLATE)
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def page(browser: webdriver.Chrome, page_url: str, graph: FakeGraph) -> SimulatorPage:
    """The simulator, loaded and connected."""
    return SimulatorPage(browser, page_url).load()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Keep a picture of the page where a test failed."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.when == "call" and report.failed and browser is not None:
        folder = Path(os.environ.get("VALLEBOT_SCREENSHOTS", "results/screenshots"))
        folder.mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(folder / f"{item.name}.png"))
    return report
