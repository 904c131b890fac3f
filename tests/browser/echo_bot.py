"""A tiny business behind a webhook: answers with one message of each kind, through the Graph API."""

from __future__ import annotations

import threading
from typing import Any

import requests
from flask import Flask, Response, request

from web.serving import BackgroundServer

TOKEN = "token-for-tests"
SECRET = "test_app_secret"
TEMPLATE = {
    "name": "recordatorio_turno",
    "language": "es_AR",
    "category": "UTILITY",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Recordatorio de turno"},
        {
            "type": "BODY",
            "text": "Hola {{1}}, te esperamos {{2}}. ¿Venís?",
            "example": {"body_text": [["Ana", "mañana a las 17"]]},
        },
        {"type": "FOOTER", "text": "Vallebot"},
        {
            "type": "BUTTONS",
            "buttons": [{"type": "QUICK_REPLY", "text": "Voy"}, {"type": "QUICK_REPLY", "text": "No puedo"}],
        },
    ],
}
BUTTONS = {
    "type": "button",
    "body": {"text": "Tenés turno el *jueves 26 a las 17:00*. ¿Lo confirmo?"},
    "footer": {"text": "Masaje descontracturante · 60 min"},
    "action": {
        "buttons": [
            {"type": "reply", "reply": {"id": "si", "title": "Confirmar"}},
            {"type": "reply", "reply": {"id": "otro", "title": "Otro horario"}},
            {"type": "reply", "reply": {"id": "no", "title": "Cancelar"}},
        ]
    },
}
LIST = {
    "type": "list",
    "header": {"type": "text", "text": "Horarios libres"},
    "body": {"text": "Estos son los próximos lugares para *masaje de 60*:"},
    "action": {
        "button": "Ver horarios",
        "sections": [
            {
                "title": "Jueves 26",
                "rows": [
                    {"id": "j17", "title": "17:00", "description": "Consultorio de Palermo"},
                    {"id": "j18", "title": "18:30", "description": "Consultorio de Palermo"},
                ],
            },
            {"title": "Viernes 27", "rows": [{"id": "v10", "title": "10:00", "description": "A domicilio"}]},
        ],
    },
}
LOCATION_REQUEST = {
    "type": "location_request_message",
    "body": {"text": "¿Dónde es?"},
    "action": {"name": "send_location"},
}


class EchoBot:
    """Answers the webhooks posted to `url`; `graph_url` must be set before the first one."""

    def __init__(self) -> None:
        self.graph_url = ""
        self.received: list[dict[str, Any]] = []
        self.status = 200  #: what the webhook answers
        app = Flask("echo_bot")
        app.add_url_rule("/webhook", view_func=self._receive, methods=["POST"])
        self._server = BackgroundServer(app, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.port}/webhook"

    def start(self) -> None:
        """Listen."""
        self._server.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.stop()

    def _receive(self) -> Response:
        if self.status == 200:
            value = request.get_json()["entry"][0]["changes"][0]["value"]
            for message in value.get("messages", []):
                self.received.append(message)
                line = value["metadata"]["phone_number_id"]
                threading.Thread(target=self._answer, args=(line, message), daemon=True).start()
        return Response(status=self.status)

    def _answer(self, line: str, message: dict[str, Any]) -> None:
        mark = {"messaging_product": "whatsapp", "status": "read", "message_id": message["id"]}
        self.post(line, {**mark, "typing_indicator": {"type": "text"}})
        answer = answer_to(message)
        if answer is not None:
            self.post(line, {"messaging_product": "whatsapp", "to": message["from"], **answer})

    def post(self, line: str, body: dict[str, Any]) -> requests.Response:
        """Call the Graph API."""
        return requests.post(
            f"{self.graph_url}/v23.0/{line}/messages",
            json=body,
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=10,
        )


def answer_to(message: dict[str, Any]) -> dict[str, Any] | None:
    """The answer to a message, chosen by its words; None when nothing is said."""
    kind = message["type"]
    if kind == "interactive":
        reply = message["interactive"][message["interactive"]["type"]]
        return text_answer(f"Elegiste *{reply['title']}* ({reply['id']})")
    if kind == "button":
        return text_answer(f"Tocaste *{message['button']['text']}*")
    if kind == "reaction":
        return None
    if kind != "text":
        return text_answer(f"Recibí: {kind}")
    words = message["text"]["body"].lower()
    if "callate" in words:
        return None
    if "botones" in words:
        return {"type": "interactive", "interactive": BUTTONS}
    if "lista" in words:
        return {"type": "interactive", "interactive": LIST}
    if "dónde" in words:
        return {"type": "interactive", "interactive": LOCATION_REQUEST}
    if "plantilla" in words:
        parameters = [{"type": "text", "text": "Ana"}, {"type": "text", "text": "mañana a las 17"}]
        return {
            "type": "template",
            "template": {
                "name": TEMPLATE["name"],
                "language": {"code": "es_AR"},
                "components": [{"type": "body", "parameters": parameters}],
            },
        }
    return text_answer(f"Dijiste: {message['text']['body']}")


def text_answer(body: str) -> dict[str, Any]:
    """A text message."""
    return {"type": "text", "text": {"body": body}}
