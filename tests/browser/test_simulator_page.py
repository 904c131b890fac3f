from __future__ import annotations

from echo_bot import EchoBot
from phone_page import SimulatorPage, by_testid
from selenium.webdriver.common.by import By

from web.fake_graph import FakeGraph

ANA, LAURA, EVA = "5491161110001", "5491150010001", "5491161110003"


def test_a_text_travels_by_webhook_and_the_answer_appears_with_ticks(
    page: SimulatorPage, bot: EchoBot
) -> None:
    phone = page.phone(ANA)
    phone.write("Hola, ¿tenés lugar?")
    phone.bubble("Dijiste: Hola, ¿tenés lugar?", mine=False)
    phone.wait_status("Hola, ¿tenés lugar?", "read")
    assert bot.received[0]["text"]["body"] == "Hola, ¿tenés lugar?"


def test_ticks_show_whether_the_business_took_and_read_the_message(page: SimulatorPage, bot: EchoBot) -> None:
    bot.status = 503
    phone = page.phone(ANA)
    phone.write("¿estás?")
    phone.wait_status("¿estás?", "pending")
    page.wait(lambda: "todavía no contesta" in page.find("connection").text, "the page says so")
    bot.status = 200
    phone.wait_status("¿estás?", "read")


def test_looking_at_a_chat_marks_its_messages_as_read(page: SimulatorPage, graph: FakeGraph) -> None:
    page.phone(ANA).write("hola")
    sent = graph.wait_for(lambda item: item.person == ANA)
    graph.wait_until(lambda: any(item.what == "status read" for item in graph.postings(sent.wamid)))


def test_tapping_a_reply_button_answers_with_its_id(page: SimulatorPage, bot: EchoBot) -> None:
    phone = page.phone(ANA)
    phone.write("botones")
    phone.tap("Confirmar")
    phone.bubble("Elegiste Confirmar (si)", mine=False)
    reply = bot.received[-1]
    assert reply["interactive"]["button_reply"] == {"id": "si", "title": "Confirmar"}
    assert reply["context"]["id"].startswith("wamid.")


def test_picking_from_a_list_answers_with_the_row(page: SimulatorPage, bot: EchoBot) -> None:
    phone = page.phone(ANA)
    phone.write("lista")
    phone.pick("Ver horarios", "j18")
    phone.bubble("Elegiste 18:30 (j18)", mine=False)
    row = {"id": "j18", "title": "18:30", "description": "Consultorio de Palermo"}
    assert bot.received[-1]["interactive"]["list_reply"] == row


def test_a_template_shows_its_frame_and_its_button_comes_back_as_a_button(
    page: SimulatorPage, bot: EchoBot
) -> None:
    phone = page.phone(ANA)
    phone.write("plantilla")
    bubble = phone.bubble("Hola Ana, te esperamos mañana a las 17. ¿Venís?", mine=False)
    assert "Recordatorio de turno" in bubble.text
    assert "Vallebot" in bubble.text
    phone.tap("Voy")
    phone.bubble("Tocaste Voy", mine=False)
    assert bot.received[-1]["button"] == {"payload": "Voy", "text": "Voy"}


def test_marks_become_bold_italic_struck_and_code(page: SimulatorPage) -> None:
    phone = page.phone(ANA)
    phone.write("*fuerte* _suave_ ~viejo~ `clave` 2*3*4 https://example.org/a?b=1.")
    bubble = phone.bubble("fuerte suave viejo clave 2*3*4", mine=True)
    html = bubble.find_element(*by_testid("text")).get_attribute("innerHTML")
    for part in ("<strong>fuerte</strong>", "<em>suave</em>", "<s>viejo</s>", "<code>clave</code>", "2*3*4"):
        assert part in html
    link = bubble.find_element(By.CSS_SELECTOR, "a")
    assert link.get_attribute("href") == "https://example.org/a?b=1"


def test_hostile_names_and_messages_stay_text(page: SimulatorPage, graph: FakeGraph) -> None:
    attack = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
    phone = page.phone(EVA)
    phone.write(attack)
    assert phone.bubble("onerror", mine=True).text.startswith("<img src=x")
    graph.deliver_text("5491161119999", f"{attack}</script>", "javascript:alert(1)")
    row = page.find("chat-row", person="5491161119999")
    assert "<img" in row.text
    row.click()
    page.load()
    assert "<img" in page.find("chat-row", person="5491161119999").text
    assert page.driver.title == "Vallebot · Simulador de WhatsApp"
    images = page.driver.find_elements(By.CSS_SELECTOR, "img[src='x'], a[href^='javascript']")
    assert images == []


def test_several_phones_stand_side_by_side(page: SimulatorPage) -> None:
    page.close_tools()
    page.phone(ANA).write("hola de Ana")
    page.phone(LAURA).write("hola de Laura")
    assert len(page.all("phone")) >= 2
    page.phone(ANA).bubble("Dijiste: hola de Ana")
    page.phone(LAURA).bubble("Dijiste: hola de Laura")


def test_a_new_person_writes_from_an_unknown_number(page: SimulatorPage, bot: EchoBot) -> None:
    page.find("add-person").click()
    dialog = page.find("person-dialog")
    dialog.find_element(By.NAME, "name").send_keys("Nora")
    number = dialog.find_element(By.NAME, "wa_id")
    number.clear()
    number.send_keys("11 6777 0001")
    page.find("accept").click()
    phone = page.phone("5491167770001")
    phone.write("hola, soy nueva")
    phone.bubble("Dijiste: hola, soy nueva")
    assert bot.received[-1]["from"] == "5491167770001"


def test_a_person_without_a_name_is_shown_by_the_number(page: SimulatorPage) -> None:
    page.find("add-person").click()
    number = page.find("person-dialog").find_element(By.NAME, "wa_id")
    number.clear()
    number.send_keys("11 6777 0002")
    page.find("accept").click()
    page.phone("5491167770002")
    assert "11 6777-0002" in page.find("chat-row", person="5491167770002").text


def test_a_proof_in_pdf_is_sent_as_a_document(page: SimulatorPage, graph: FakeGraph, bot: EchoBot) -> None:
    phone = page.phone(ANA)
    phone.attach("proof")
    payee = page.find("proof-dialog").find_element(By.NAME, "payee")
    assert payee.get_attribute("value") == "Laura Gómez"
    page.find("accept").click()
    phone.bubble("Recibí: document", mine=False)
    document = bot.received[-1]["document"]
    assert document["mime_type"] == "application/pdf"
    media = graph.media.get(document["id"])
    assert media is not None
    assert media.data.startswith(b"%PDF-1.4")
    assert b"15.000,00" in media.data


def test_a_sticker_and_a_location_can_be_sent(page: SimulatorPage, bot: EchoBot) -> None:
    phone = page.phone(ANA)
    phone.attach("sticker")
    phone.bubble("Recibí: sticker", mine=False)
    phone.write("¿dónde?")
    phone.tap("Enviar ubicación")
    page.find("accept").click()
    phone.bubble("Recibí: location", mine=False)
    assert bot.received[-1]["location"]["address"] == "Av. Corrientes 1234, CABA"
    assert "context" in bot.received[-1]


def test_a_reaction_sticks_to_its_message(page: SimulatorPage, bot: EchoBot) -> None:
    phone = page.phone(ANA)
    phone.write("hola")
    bubble = phone.bubble("Dijiste: hola", mine=False)
    page.driver.execute_script("arguments[0].click()", bubble.find_element(*by_testid("bubble-menu")))
    page.find("react").click()
    page.wait(lambda: bubble.find_element(*by_testid("reactions")).text == "👍", "the reaction shows")
    assert bot.received[-1]["reaction"]["emoji"] == "👍"


def test_the_operator_makes_the_next_message_arrive_twice(page: SimulatorPage, bot: EchoBot) -> None:
    if not page.all("fault-duplicate"):
        page.find("open-tools").click()
    page.find("fault-duplicate").click()
    phone = page.phone(ANA)
    phone.write("una vez")
    page.wait(lambda: len(bot.received) == 2, "two webhooks")
    assert bot.received[0] == bot.received[1]


def test_the_operator_makes_the_next_send_fail(page: SimulatorPage, graph: FakeGraph) -> None:
    if not page.all("fault-error"):
        page.find("open-tools").click()
    page.find("fault-error").click()
    page.wait(lambda: graph.faults.open(), "the fault is known")
    page.phone(ANA).write("hola")
    graph.wait_until(lambda: len(graph.refused) == 1)
    assert graph.refused[0].code == 131056


def test_the_clock_travels_a_day_and_back(page: SimulatorPage, graph: FakeGraph) -> None:
    if not page.all("clock-day"):
        page.find("open-tools").click()
    page.find("clock-day").click()
    page.wait(lambda: graph.clock.offset_s == 86400, "a day ahead")
    page.wait(lambda: "1 d" in page.find("clock-offset").text, "the page says so")
    assert page.find("clock-chip").is_displayed()
    page.find("clock-reset").click()
    page.wait(lambda: graph.clock.offset_s == 0, "back")
    page.wait(lambda: not page.find("clock-chip").is_displayed(), "the notice goes")


def test_a_message_tells_what_happened_to_it(page: SimulatorPage) -> None:
    phone = page.phone(ANA)
    phone.write("hola")
    phone.bubble("Dijiste: hola")
    phone.wait_status("hola", "read")
    menu = phone.bubble("hola", mine=True).find_element(*by_testid("bubble-menu"))
    page.driver.execute_script("arguments[0].click()", menu)
    page.find("menu-inspect").click()
    inspector = page.find("inspector")
    page.wait(lambda: "HTTP 200" in inspector.text, "the webhook's answer")
    assert "POST messages (text)" in inspector.text


def test_on_a_small_screen_the_list_and_the_chat_take_turns(page: SimulatorPage) -> None:
    page.driver.set_window_size(500, 860)
    page.load()
    page.close_tools()
    row = page.find("chat-row", person=ANA)
    page.wait(row.is_displayed, "the list")
    row.click()
    phone = page.phone(ANA)
    phone.write("desde el celu")
    phone.bubble("Dijiste: desde el celu")
    assert not page.find("chat-list").is_displayed()
    page.find("back").click()
    page.wait(lambda: page.find("chat-list").is_displayed(), "the list again")


def test_a_window_resized_while_loading_still_opens_phones(page: SimulatorPage) -> None:
    page.driver.execute_script("sessionStorage.clear()")
    script = "addEventListener('DOMContentLoaded', () => dispatchEvent(new Event('resize')))"
    added = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
    page.driver.get(page.url)
    page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    page.wait(lambda: len(page.all("phone")) == 2, "two phones")


def test_the_page_logs_no_errors(page: SimulatorPage) -> None:
    phone = page.phone(ANA)
    phone.write("botones")
    phone.tap("Confirmar")
    phone.bubble("Elegiste Confirmar")
    severe = [entry["message"] for entry in page.driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert severe == []
