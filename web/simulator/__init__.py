"""The WhatsApp-like page: phones side by side, over the local Graph API."""

from web.simulator.routes import simulator

__all__ = ["simulator"]
