"""A strict local stand-in for Meta's Graph API, with the phones of the people who write."""

from web.fake_graph.faults import Fault
from web.fake_graph.graph import Behaviour, FakeGraph
from web.fake_graph.people import DEFAULT_LINE, Person, PhoneLine
from web.fake_graph.records import SentMessage
from web.fake_graph.server import FakeGraphServer

__all__ = [
    "DEFAULT_LINE",
    "Behaviour",
    "FakeGraph",
    "FakeGraphServer",
    "Fault",
    "Person",
    "PhoneLine",
    "SentMessage",
]
