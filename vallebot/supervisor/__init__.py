"""Runs the processes of an installation on one machine: starts, watches, restarts and stops them."""

from __future__ import annotations

from vallebot.supervisor.child import Child, Command
from vallebot.supervisor.supervisor import Supervisor

__all__ = ["Child", "Command", "Supervisor"]
