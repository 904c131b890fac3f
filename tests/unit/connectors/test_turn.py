from __future__ import annotations

from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from connectors.whatsapp.turn import bubbles_of, utterances_of_turn
from vallebot.services.outbox import Bubble, Choice


def test_the_utterances_of_a_turn_are_one_bubble_with_the_last_choices() -> None:
    said = [
        {"text": "Justo ese horario ya está ocupado.", "buttons": []},
        {"text": "Elegí otro:", "buttons": [{"title": "jue 17:00", "payload": "/a", "description": "x"}]},
        {"text": None, "custom": {"list_button": "Ver horarios"}},
    ]
    [bubble] = bubbles_of(said)
    assert bubble.text == "Justo ese horario ya está ocupado.\n\nElegí otro:"
    assert bubble.choices == (Choice("jue 17:00", "/a", "x"),)
    assert bubble.list_button == "Ver horarios"


def test_a_place_keeps_a_bubble_of_its_own() -> None:
    place = {"latitude": -34.5, "longitude": -58.4, "name": "Laura", "address": "Gorriti 4500"}
    bubbles = bubbles_of([{"text": "Es acá:", "custom": {"location": place}}])
    assert [bubble.text for bubble in bubbles] == ["Es acá:", ""]
    assert bubbles[1].location == place


def test_a_silent_turn_has_no_bubble() -> None:
    assert bubbles_of([]) == []
    assert bubbles_of([{"text": ""}]) == []


def test_a_bubble_survives_the_database() -> None:
    bubble = Bubble("hola", choices=(Choice("Sí", "/afirmar"),), url={"title": "Mapa", "url": "https://x"})
    assert Bubble.from_payload(bubble.as_payload()) == bubble


def test_the_answer_of_a_saved_turn_is_read_back_from_the_tracker() -> None:
    tracker = DialogueStateTracker.from_events(
        "c",
        [
            UserUttered("hola", message_id="wamid.1"),
            ActionExecuted("utter_saludar"),
            BotUttered("¡Hola!", data={"buttons": [{"title": "A", "payload": "/a"}]}),
            BotUttered("¿Qué necesitás?"),
            UserUttered("chau", message_id="wamid.2"),
        ],
    )
    said = utterances_of_turn(tracker, "wamid.1")
    assert said is not None
    assert [utterance["text"] for utterance in said] == ["¡Hola!", "¿Qué necesitás?"]
    assert bubbles_of(said)[0].choices == (Choice("A", "/a"),)
    assert utterances_of_turn(tracker, "wamid.2") == []
    assert utterances_of_turn(tracker, "wamid.3") is None


def test_a_file_stands_over_the_words_and_a_place_behind_them() -> None:
    media = {"type": "image", "path": "ab/c.jpg"}
    place = {"latitude": 1.0, "longitude": 2.0}
    said = [{"text": "Acá queda", "custom": {"media": media}}, {"custom": {"location": place}}]
    [words, pin] = bubbles_of(said)
    assert (words.text, words.media, words.location) == ("Acá queda", media, None)
    assert (pin.text, pin.location) == ("", place)
