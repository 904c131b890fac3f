"""WhatsApp Cloud API connector for Rasa: `connectors.whatsapp.WhatsAppInput`."""

from __future__ import annotations

from connectors.whatsapp.input import WhatsAppInput

__all__ = ["WhatsAppInput"]
