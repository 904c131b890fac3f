"""The official OpenAI SDK, imported when it is first needed (half a second, and only where it is configured)."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

#: Its optional transport over aiohttp wants a newer one than Rasa's pins allow, and says so with an AttributeError
#: where the SDK expects an ImportError. It is not used here.
_OPTIONAL_TRANSPORT = "openai._vendor.httpx_aiohttp"


def openai() -> ModuleType:
    """The module `openai`."""
    loaded = sys.modules.get("openai")
    if loaded is not None:
        return loaded
    sys.modules[_OPTIONAL_TRANSPORT] = None  # type: ignore[assignment]  # makes its import an ImportError
    try:
        import openai as module
    finally:
        sys.modules.pop(_OPTIONAL_TRANSPORT, None)
    return module


def async_client(base_url: str, api_key: str) -> Any:
    """A client without retries or time limits of its own: both are kept around it, for the whole answer."""
    return openai().AsyncOpenAI(base_url=base_url, api_key=api_key or "none", max_retries=0)
