"""What is read as one message, and what is answered by itself."""

from __future__ import annotations

import pytest

from connectors.whatsapp.together import COMPLETE, NOTHING, goes_with, piece_of
from vallebot.services.inbox import in_one_line


def parse(intent: str, *entities: str) -> dict:
    named = [{"entity": entity, "value": "x"} for entity in (*entities, "rol")]
    return {"intent": {"name": intent}, "entities": named}


@pytest.mark.parametrize(
    ("intent", "entities", "piece"),
    [
        ("saludar", (), NOTHING),
        ("agradecer", (), NOTHING),
        ("informar", ("cuando",), NOTHING),
        ("informar", ("servicio", "cuando"), NOTHING),
        ("informar", ("persona",), COMPLETE),
        ("informar", (), COMPLETE),
        ("pedir_turno", (), "pedir_turno"),
        ("pedir_turno", ("servicio",), "pedir_turno"),
        ("pedir_turno", ("cuando",), COMPLETE),
        ("consultar_precio", (), "consultar_precio"),
        ("consultar_precio", ("servicio",), COMPLETE),
        ("afirmar", (), COMPLETE),
        ("detener", (), COMPLETE),
        ("ver_turnos", (), COMPLETE),
        ("cancelar_turno", (), COMPLETE),
        ("nlu_fallback", (), COMPLETE),
        ("opcion_vencida", (), COMPLETE),
    ],
)
def test_a_message_is_a_piece_or_complete(intent: str, entities: tuple, piece: str) -> None:
    assert piece_of(parse(intent, *entities)) == piece


@pytest.mark.parametrize(
    ("before", "piece", "together"),
    [
        ([NOTHING], "pedir_turno", True),
        ([NOTHING, "pedir_turno"], NOTHING, True),
        (["pedir_turno"], "pedir_turno", True),
        (["pedir_turno"], "consultar_precio", False),
        ([NOTHING], COMPLETE, False),
        ([COMPLETE], NOTHING, False),
    ],
)
def test_pieces_of_one_request_go_together(before: list[str], piece: str, together: bool) -> None:
    assert goes_with(before, piece) is together


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (["hola", "quiero turno", "para el jueves"], "hola, quiero turno, para el jueves"),
        (["hola!", None, " turno? "], "hola! turno?"),
        ([None], ""),
    ],
)
def test_pieces_are_written_in_one_line(texts: list, line: str) -> None:
    assert in_one_line(texts) == line
