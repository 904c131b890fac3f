"""A headless Chromium, for the browser tests and the pictures of the documentation."""

from __future__ import annotations

import shutil
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--lang=es-AR",
)


class NoChromium(Exception):
    """Chromium or its driver is not installed."""


def find_chromium() -> tuple[str, str]:
    """Paths of the browser and of its driver. Raises NoChromium, saying what to install."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        raise NoChromium("needs chromium and chromedriver (Debian: apt install chromium chromium-driver)")
    return browser, driver


def start_chromium(profile: Path) -> webdriver.Chrome:
    """A browser with a profile of its own under `profile`. Raises NoChromium."""
    browser, driver = find_chromium()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))
