"""Rosters, attendance, adding clients, messages to them, records and delays, by chat."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from vallebot.services import clientele, enrollments, series
from vallebot.services.series import SerieSpec

SEVEN_PM = 19 * 60


@pytest.fixture
def beto(make_cliente, make_relacion, laura):
    person = make_cliente(name="Beto Ruiz")
    make_relacion(laura, person)
    return person


@pytest.fixture
def laura_writes(profesional, talk_of, make_relacion, laura, ana, beto):
    """Ana Gómez and Beto Ruiz are hers."""
    make_relacion(laura, ana)
    return talk_of(profesional)


@pytest.fixture
def yoga(sessions, profesional, laura, make_servicio, ana, beto, laura_writes, now):
    """Tuesday's class with both of them in it; its bookings.id."""
    service = make_servicio(laura, name="Yoga", kind="grupal", capacity=3, price_minor=500_000)
    specs = [SerieSpec(1, SEVEN_PM)]
    series.define_series(sessions, profesional.actor, service.id, specs, now=now, key="define")
    with sessions() as session:
        booking_id = session.execute(text("SELECT id FROM bookings ORDER BY period LIMIT 1")).scalar()
    for person in (ana, beto):
        enrollments.enrol_once(
            sessions, profesional.actor, booking_id, cliente_id=person.id, now=now, key=f"enrol{person.id}"
        )
    return booking_id


@pytest.fixture
def after_class(profesional, runtime, now):
    """Tuesday, 21:00."""
    profesional.now = now + timedelta(days=1, hours=12)
    runtime.clock = type(runtime.clock)(profesional.now)


@pytest.fixture
def attendance(sessions):
    def read() -> dict[str, str]:
        query = "SELECT c.name, e.state FROM enrollments e JOIN clientes c ON c.id = e.cliente_id ORDER BY 1"
        with sessions() as session:
            return dict(tuple(row) for row in session.execute(text(query)))

    return read


@pytest.fixture
def told(sessions):
    """(name, text) of what was queued for clients by messages and delays, in order."""

    def read(like: str = "Mensaje de%") -> list[tuple[str, str]]:
        query = """SELECT c.name, m.text FROM messages m JOIN conversaciones v ON v.id = m.conversacion_id
            JOIN clientes c ON c.id = v.cliente_id WHERE m.direction = 'out' AND m.text LIKE :like ORDER BY 1"""
        with sessions() as session:
            return [tuple(row) for row in session.execute(text(query), {"like": like})]

    return read


class TestRoster:
    def test_the_next_class_is_shown_with_names(self, laura_writes, yoga) -> None:
        assert laura_writes.say("quiénes se anotaron?", "ver_inscriptos") == "utter_inscriptos"
        shown = laura_writes.said["inscriptos"]
        assert shown == "*Yoga*, mañana a las 19:00 (2 de 3)\n• Ana Gómez\n• Beto Ruiz"

    def test_whether_somebody_is_in_is_answered(self, laura_writes, yoga) -> None:
        said = laura_writes.say("está Beto anotado?", "ver_inscriptos", named={"persona": "Beto"})
        assert said == "utter_esta_inscripta"

    def test_a_client_hears_numbers_only(self, client, talk_of, yoga) -> None:
        talk = talk_of(client)
        assert talk.say("cuántos somos mañana?", "ver_inscriptos") == "utter_inscriptos_cliente"
        assert "Beto" not in str(talk.heard)


class TestAttendance:
    def test_everybody_but_one_came(self, laura_writes, yoga, after_class, attendance) -> None:
        said = laura_writes.say("vinieron todos menos Ana", "registrar_asistencia", named={"persona": "Ana"})
        assert said == "utter_asistencia_clase"
        assert attendance() == {"Ana Gómez": "ausente", "Beto Ruiz": "asistio"}

    def test_an_exception_counts_where_its_name_was_not_recognised(
        self, laura_writes, yoga, after_class, attendance
    ) -> None:
        laura_writes.say("vinieron todos menos ana", "registrar_asistencia")
        assert attendance() == {"Ana Gómez": "ausente", "Beto Ruiz": "asistio"}

    def test_the_list_is_passed_by_taps(self, laura_writes, yoga, after_class, attendance) -> None:
        assert laura_writes.say("tomar lista", "registrar_asistencia") == "utter_asistencia_quienes"
        assert laura_writes.tap("Faltó Beto") == "utter_asistencia_clase"
        assert attendance() == {"Ana Gómez": "asistio", "Beto Ruiz": "ausente"}

    def test_nobody_was_missing(self, laura_writes, yoga, after_class, attendance) -> None:
        laura_writes.say("tomar lista", "registrar_asistencia")
        assert laura_writes.say("nadie", "informar") == "utter_asistencia_clase"
        assert set(attendance().values()) == {"asistio"}

    def test_a_missed_session_is_found_by_its_client(
        self, laura_writes, make_booking, relajante, ana, now, after_class, states
    ) -> None:
        make_booking(relajante, now + timedelta(days=1), ana)
        said = laura_writes.say("no vino Ana", "registrar_asistencia", named={"persona": "Ana"})
        assert said == "utter_asistencia_ausente"
        assert states() == ["ausente"]

    def test_somebody_who_had_nothing_is_not_found(self, laura_writes, yoga, after_class) -> None:
        named = {"persona": "Rocío"}
        assert laura_writes.say("no vino Rocío", "registrar_asistencia", named=named) == (
            "utter_asistencia_desconocido"
        )


class TestAddingClients:
    def test_name_and_phone_in_one_message(self, laura_writes, sessions, profesional) -> None:
        words = "agregá a Rocío Vega 11 6111 0001"
        said = laura_writes.say(words, "registrar_cliente", named={"persona": "Rocío Vega"})
        assert said == "utter_cliente_agregado"
        cards = clientele.list_clientes(sessions, profesional.actor)
        assert ("Rocío Vega", "+5491161110001") in [(card.name, card.phone_e164) for card in cards]

    def test_what_is_missing_is_asked(self, laura_writes) -> None:
        assert laura_writes.say("quiero agregar un cliente", "registrar_cliente") == "utter_registrar_nombre"
        assert laura_writes.say("Rocío Vega", "informar") == "utter_registrar_telefono"
        assert laura_writes.tap("No lo tengo") == "utter_cliente_agregado"

    def test_who_is_there_already_is_said_kindly(self, laura_writes, ana) -> None:
        words = f"agregá a Ana Gómez {ana.phone_e164}"
        assert (
            laura_writes.say(words, "registrar_cliente", named={"persona": "Ana Gómez"})
            == "utter_cliente_ya_estaba"
        )

    def test_a_shared_contact_is_added_after_a_yes(self, laura_writes, sessions, profesional) -> None:
        card = {
            "name": {"formatted_name": "Rocío Vega"},
            "phones": [{"phone": "+54 9 11 6111-0001", "wa_id": "5491161110001"}],
        }
        said = laura_writes.say("", "registrar_cliente", tapped={"contenido": [card]})
        assert said == "utter_registrar_confirmar"
        assert laura_writes.tap("Sí") == "utter_cliente_agregado"
        names = [one.name for one in clientele.list_clientes(sessions, profesional.actor)]
        assert "Rocío Vega" in names


class TestMessages:
    def test_a_class_is_written_to_after_a_look_at_whom_and_what(self, laura_writes, yoga, told) -> None:
        words = "avisales a los de yoga que traigan colchoneta"
        assert (
            laura_writes.say(words, "avisar_clientes", named={"servicio": "yoga"}) == "utter_aviso_confirmar"
        )
        assert laura_writes.said["personas"] == "2 personas (Ana Gómez y Beto Ruiz)"
        assert laura_writes.said["mensaje"] == "traigan colchoneta"
        assert told() == []
        assert laura_writes.tap("Sí") == "utter_aviso_enviado"
        assert told() == [
            ("Ana Gómez", "Mensaje de Laura Paz: traigan colchoneta"),
            ("Beto Ruiz", "Mensaje de Laura Paz: traigan colchoneta"),
        ]

    def test_the_words_are_asked_for(self, laura_writes, yoga, told) -> None:
        said = laura_writes.say("mandale un mensaje a Beto", "avisar_clientes", named={"persona": "Beto"})
        assert said == "utter_aviso_que"
        assert laura_writes.say("gracias por venir ayer", "agradecer") == "utter_aviso_confirmar"
        laura_writes.tap("Sí")
        assert told() == [("Beto Ruiz", "Mensaje de Laura Paz: gracias por venir ayer")]

    def test_who_wants_no_notices_is_left_out(self, laura_writes, yoga, told, client, sessions, now) -> None:
        clientele.set_notices(sessions, client.actor, False, now=now, key="no notices")
        laura_writes.say("avisales a los de mañana que hace frío", "avisar_clientes")
        assert laura_writes.said["personas"] == "1 persona (Beto Ruiz)"
        assert "Ana Gómez no recibe avisos" in laura_writes.said["nota"]
        laura_writes.tap("Sí")
        assert [name for name, _ in told()] == ["Beto Ruiz"]

    def test_no_sends_nothing(self, laura_writes, yoga, told) -> None:
        laura_writes.say(
            "avisales a los de yoga que no hay clase", "avisar_clientes", named={"servicio": "yoga"}
        )
        assert laura_writes.tap("No") == "utter_aviso_no"
        assert told() == []

    def test_nobody_there_is_said(self, laura_writes) -> None:
        said = laura_writes.say("avisales a los de hoy que no atiendo", "avisar_clientes")
        assert said == "utter_aviso_nadie"


class TestDelays:
    def test_a_client_tells_the_professional(
        self, client, talk_of, make_booking, relajante, ana, now, told
    ) -> None:
        make_booking(relajante, now + timedelta(hours=1), ana)
        talk = talk_of(client)
        assert talk.say("llego 15 minutos tarde", "avisar_demora") == "utter_demora_avisada"
        [(name, words)] = told("%avisa que%")
        assert (name, "llega 15 minutos tarde" in words) == ("Laura Paz", True)

    def test_without_a_session_nobody_is_told(self, client, talk_of, told) -> None:
        assert talk_of(client).say("llego tarde", "avisar_demora") == "utter_demora_sin_turno"
        assert told("%avisa que%") == []

    def test_the_professional_sees_whom_it_concerns(
        self, laura_writes, make_booking, relajante, ana, beto, now, told
    ) -> None:
        make_booking(relajante, now + timedelta(hours=1), ana)
        make_booking(relajante, now + timedelta(hours=3), beto)
        assert laura_writes.say("voy atrasada", "avisar_demora") == "utter_demora_cuanto"
        assert laura_writes.tap("15 minutos") == "utter_demora_confirmar"
        assert "Ana Gómez, 10:00 y Beto Ruiz, 12:00" in laura_writes.said["personas"]
        assert laura_writes.tap("Solo al próximo") == "utter_demora_avisada_a_todos"
        assert [name for name, _ in told("%de demora%")] == ["Ana Gómez"]


class TestRecord:
    def test_a_named_client_s_record_is_shown(self, laura_writes, yoga) -> None:
        assert (
            laura_writes.say("qué turnos tiene Ana?", "ver_turnos", named={"persona": "Ana"}) == "utter_ficha"
        )
        shown = laura_writes.said["ficha"]
        assert shown.startswith("*Ana Gómez* (+")
        assert "Próximo: Yoga, martes 3 a las 19:00" in shown
        assert "Debe: $ 5.000" in shown

    def test_two_of_a_name_are_asked_about(self, laura_writes, make_cliente, make_relacion, laura) -> None:
        make_relacion(laura, make_cliente(name="Ana Paz"))
        assert (
            laura_writes.say("la ficha de Ana", "ver_turnos", named={"persona": "Ana"})
            == "utter_cual_cliente"
        )
        assert laura_writes.tap("Ana Paz") == "utter_ficha"
