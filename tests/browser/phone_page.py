"""The simulator page, as a person uses it: open a phone, write, tap, pick."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait


def by_testid(name: str, **data: str) -> tuple[str, str]:
    """Locator of a `data-testid`, with further data attributes."""
    extra = "".join(f'[data-{key}="{value}"]' for key, value in data.items())
    return By.CSS_SELECTOR, f'[data-testid="{name}"]{extra}'


class SimulatorPage:
    """The whole page."""

    def __init__(self, driver: webdriver.Chrome, url: str, *, timeout: float = 10.0) -> None:
        self.driver, self.url = driver, url
        self._wait = WebDriverWait(driver, timeout, 0.05, ignored_exceptions=[StaleElementReferenceException])

    def load(self) -> SimulatorPage:
        """Open the page and wait until it follows the stream of changes."""
        self.driver.get(self.url)
        self.driver.execute_script("sessionStorage.clear()")
        self.driver.get(self.url)
        self.wait(lambda: self.find("connection").get_attribute("data-up") == "true", "the page connects")
        return self

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait until `condition()` is true; the failure says `what` was awaited."""
        return self._wait.until(lambda _: condition(), what)

    def find(self, name: str, **data: str) -> WebElement:
        """The element with this testid, once it is there."""
        return self._wait.until(lambda driver: driver.find_element(*by_testid(name, **data)), name)

    def all(self, name: str, **data: str) -> list[WebElement]:
        """The elements with this testid that are there now."""
        return self.driver.find_elements(*by_testid(name, **data))

    def phone(self, person: str) -> PhoneOnPage:
        """The phone of a person, opened if need be."""
        if not self.all("phone", person=person):
            self.find("chat-row", person=person).click()
        return PhoneOnPage(self, person)

    def close_tools(self) -> None:
        """Put the drawer away, for room."""
        for button in self.all("close-drawer"):
            button.click()

    def screenshot(self, path: Path) -> None:
        """Keep a picture."""
        self.driver.save_screenshot(str(path))


class PhoneOnPage:
    """One phone."""

    def __init__(self, page: SimulatorPage, person: str) -> None:
        self.page, self.person = page, person
        page.find("phone", person=person)

    @property
    def element(self) -> WebElement:
        """The phone itself."""
        return self.page.find("phone", person=self.person)

    def write(self, text: str) -> None:
        """Type and press Enter; line breaks within are typed with Shift."""
        composer = self.element.find_element(*by_testid("composer"))
        for number, line in enumerate(text.split("\n")):
            if number:
                composer.send_keys(Keys.SHIFT, Keys.ENTER)
                composer.send_keys(Keys.NULL)
            composer.send_keys(line)
        composer.send_keys(Keys.ENTER)

    def bubbles(self, *, mine: bool | None = None) -> list[WebElement]:
        """The bubbles, oldest first."""
        data = {} if mine is None else {"mine": str(mine).lower()}
        return self.element.find_elements(*by_testid("bubble", **data))

    def bubble(self, text: str, *, mine: bool | None = None) -> WebElement:
        """The last bubble that holds this text, once it is there."""

        def look() -> WebElement | None:
            found = [item for item in self.bubbles(mine=mine) if text in item.text]
            return found[-1] if found else None

        found: WebElement = self.page.wait(look, f"a bubble with {text!r}")
        return found

    def tap(self, label: str) -> None:
        """Tap the last button with this label."""

        def look() -> WebElement | None:
            buttons = self.element.find_elements(By.CSS_SELECTOR, ".option")
            found = [item for item in buttons if item.text.strip() == label]
            return found[-1] if found else None

        self.page.wait(look, f"a button {label!r}").click()

    def attach(self, kind: str) -> None:
        """Open the attachment menu and choose: image, document, proof, audio, sticker, location, contact."""
        self.element.find_element(*by_testid("attach")).click()
        self.page.find(f"attach-{kind}").click()

    def pick(self, button: str, row_id: str) -> None:
        """Open a list, choose a row, send."""
        self.tap(button)
        self.page.find("list-row", **{"row-id": row_id}).click()
        self.page.find("list-send").click()

    def wait_status(self, text: str, status: str) -> None:
        """Wait until the person's bubble with this text has these ticks."""
        self.page.wait(
            lambda: self.bubble(text, mine=True).get_attribute("data-status") == status, f"{text!r} {status}"
        )
