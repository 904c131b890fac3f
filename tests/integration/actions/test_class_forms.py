"""Joining, leaving and waiting for classes by chat, by the client and by the professional."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from vallebot.clock import FixedClock
from vallebot.runtime import get_runtime
from vallebot.services import enrollments, leaving, series
from vallebot.services.series import SerieSpec

SEVEN_PM = 19 * 60


@pytest.fixture
def yoga(laura, make_servicio):
    """A class for two, Tuesdays and Thursdays, paid by month."""
    return make_servicio(
        laura, name="Yoga", kind="grupal", capacity=2, price_minor=3_200_000, billing="mensual"
    )


@pytest.fixture
def boxeo(laura, make_servicio):
    """A class for one, Wednesdays, paid by class."""
    return make_servicio(laura, name="Boxeo", kind="grupal", capacity=1, price_minor=500_000)


@pytest.fixture
def weekly(sessions, profesional, yoga, boxeo, make_relacion, laura, ana, now):
    """The classes are in the agenda, and Ana is one of Laura's clients."""
    make_relacion(laura, ana)
    actor = profesional.actor
    at = [SerieSpec(1, SEVEN_PM), SerieSpec(3, SEVEN_PM)]
    series.define_series(sessions, actor, yoga.id, at, now=now, key="define:yoga")
    series.define_series(sessions, actor, boxeo.id, [SerieSpec(2, SEVEN_PM)], now=now, key="define:boxeo")


@pytest.fixture
def ana_writes(weekly, talk_of, client):
    return talk_of(client)


@pytest.fixture
def laura_writes(weekly, talk_of, profesional):
    return talk_of(profesional)


@pytest.fixture
def seats(sessions):
    """(client, service, local day, state) of every seat that was not given back, in order."""

    def read(name: str = "Ana Gómez") -> list[tuple]:
        query = """SELECT s.name, (b.starts_at AT TIME ZONE 'America/Argentina/Buenos_Aires')::date
            FROM enrollments e JOIN bookings b ON b.id = e.booking_id JOIN servicios s ON s.id = b.servicio_id
            JOIN clientes c ON c.id = e.cliente_id
            WHERE e.state = 'inscripto' AND c.name = :name ORDER BY b.starts_at"""
        query = query.replace("b.starts_at", "lower(b.period)")
        with sessions() as session:
            return [tuple(row) for row in session.execute(text(query), {"name": name})]

    return read


@pytest.fixture
def waits(sessions):
    def read() -> list[tuple]:
        query = """SELECT c.name, s.name, w.state, w.booking_id IS NOT NULL, w.serie_id IS NOT NULL
            FROM esperas w JOIN servicios s ON s.id = w.servicio_id JOIN clientes c ON c.id = w.cliente_id"""
        with sessions() as session:
            return [tuple(row) for row in session.execute(text(query + " ORDER BY w.id"))]

    return read


@pytest.fixture
def full_boxing(sessions, chat_of, make_cliente, laura, weekly, now):
    """Somebody else has the one place of Wednesday's class."""
    beto = chat_of(make_cliente(name="Beto Ruiz"), laura)
    with sessions() as session:
        query = "SELECT id FROM bookings WHERE capacity = 1 ORDER BY period LIMIT 1"
        booking_id = session.execute(text(query)).scalar()
    return enrollments.enrol_once(sessions, beto.actor, booking_id, now=now, key="beto")


def set_runtime_clock(now) -> None:
    """The action server's time."""
    get_runtime().clock = FixedClock(now)


class TestJoining:
    def test_a_class_with_its_day_is_confirmed_once_with_the_fee(self, ana_writes, seats) -> None:
        asked = ana_writes.say("anotame en yoga el martes", "inscribirse_clase", named={"servicio": "yoga"})
        assert asked == "utter_confirmar_inscripcion"
        assert ana_writes.said["clase"] == "*Yoga* del martes 3 a las 19:00"
        assert "32.000 por mes" in ana_writes.said["cuota"]
        assert ana_writes.tap("Sí") == "utter_inscripto_con_cuota"
        assert seats() == [("Yoga", date(2026, 3, 3))]

    def test_naming_the_days_joins_the_course(self, ana_writes, seats) -> None:
        ana_writes.say("yoga martes y jueves", "inscribirse_clase", named={"servicio": "yoga"})
        assert ana_writes.said["clase"] == "*Yoga*, los martes y jueves a las 19:00"
        assert ana_writes.say("dale", "afirmar") == "utter_inscripto_con_cuota"
        assert len(seats()) > 4

    def test_only_the_tuesdays_are_joined_where_they_are_named(self, ana_writes, seats) -> None:
        ana_writes.say("quiero yoga todos los martes", "inscribirse_clase", named={"servicio": "yoga"})
        ana_writes.tap("Sí")
        assert {day.weekday() for _, day in seats()} == {1}

    def test_a_monthly_class_without_a_date_means_the_course(self, ana_writes, seats) -> None:
        ana_writes.say("me anoto en yoga", "inscribirse_clase", named={"servicio": "yoga"})
        assert ana_writes.said["clase"] == "*Yoga*, los martes y jueves a las 19:00"
        assert "utter_ofrecer_clases" in ana_writes.tap("Una sola clase")
        assert ana_writes.say("la última", "elegir_opcion") == "utter_inscripto_con_cuota"
        assert len(seats()) == 1

    def test_a_tapped_class_needs_no_further_yes(self, ana_writes, seats) -> None:
        assert ana_writes.say("me quiero anotar", "inscribirse_clase") == "utter_ofrecer_clases"
        assert ana_writes.tap("mar 3/3") == "utter_inscripto_con_cuota"
        assert seats() == [("Yoga", date(2026, 3, 3))]

    def test_a_day_without_class_shows_those_there_are(self, ana_writes) -> None:
        said = ana_writes.say("yoga el lunes", "inscribirse_clase", named={"servicio": "yoga"})
        assert said == "utter_motivo_sin_clase utter_ofrecer_clases"

    def test_a_class_that_is_not_given_is_said_not_guessed(self, ana_writes) -> None:
        said = ana_writes.say("anotame en zumba", "inscribirse_clase", named={"servicio": "zumba"})
        assert said == "utter_motivo_clase_desconocida utter_ofrecer_clases"

    def test_a_session_named_goes_to_the_form_that_books(self, ana_writes) -> None:
        named = {"servicio": "reflexología"}
        said = ana_writes.say("anotame para reflexología", "inscribirse_clase", named=named)
        assert "utter_ofrecer_horarios" in said

    def test_who_is_in_already_is_told_so(self, ana_writes) -> None:
        for _ in range(2):
            last = ana_writes.say("yoga el martes", "inscribirse_clase", named={"servicio": "yoga"})
            if "confirmar" in last:
                ana_writes.tap("Sí")
        assert last == "utter_ya_inscripto"

    def test_a_full_class_is_answered_with_the_waiting_list(self, ana_writes, full_boxing, waits) -> None:
        said = ana_writes.say("boxeo el miércoles", "inscribirse_clase", named={"servicio": "boxeo"})
        assert said == "utter_clase_completa"
        assert ana_writes.say("sí dale", "afirmar") == "utter_en_espera"
        assert waits() == [("Ana Gómez", "Boxeo", "esperando", True, False)]

    def test_declining_the_waiting_list_leaves_it(self, ana_writes, full_boxing, waits) -> None:
        ana_writes.say("boxeo el miércoles", "inscribirse_clase", named={"servicio": "boxeo"})
        assert ana_writes.tap("No") == "utter_espera_no"
        assert waits() == []


class TestForTheProfesional:
    def test_a_client_is_enrolled_by_name(self, laura_writes, seats) -> None:
        named = {"persona": "Ana", "servicio": "yoga"}
        said = laura_writes.say("anotá a Ana en yoga el martes", "inscribirse_clase", named=named)
        assert said == "utter_confirmar_inscripcion_profesional"
        assert laura_writes.said["cliente"] == "Ana Gómez"
        assert laura_writes.tap("Sí") == "utter_inscripto_por_profesional"
        assert seats() == [("Yoga", date(2026, 3, 3))]

    def test_two_of_the_same_name_are_asked_about(
        self, laura_writes, make_relacion, make_cliente, laura
    ) -> None:
        make_relacion(laura, make_cliente(name="Ana Paz"))
        named = {"persona": "Ana", "servicio": "yoga"}
        said = laura_writes.say("anotá a Ana en yoga el martes", "inscribirse_clase", named=named)
        assert said == "utter_cual_cliente"
        assert sorted(laura_writes.titles) == ["Ana Gómez", "Ana Paz"]
        assert laura_writes.tap("Ana Paz") == "utter_confirmar_inscripcion_profesional"
        assert laura_writes.said["cliente"] == "Ana Paz"

    def test_of_two_people_the_first_is_enrolled_and_it_is_said(
        self, laura_writes, profesional, all_actions
    ) -> None:
        two = [{"entity": "persona", "value": name} for name in ("Ana", "Beto")]
        named = [*two, {"entity": "servicio", "value": "yoga"}]
        said = laura_writes.say("anotá a Ana y Beto en yoga el martes", "inscribirse_clase", entities=named)
        assert said == "utter_de_a_uno utter_confirmar_inscripcion_profesional"

    def test_somebody_unknown_is_added_with_the_phone(self, laura_writes, seats) -> None:
        named = {"persona": "Rocío Vega", "servicio": "yoga"}
        said = laura_writes.say("anotá a Rocío Vega en yoga el martes", "inscribirse_clase", named=named)
        assert said == "utter_pedir_telefono_cliente"
        assert laura_writes.say("11 6111 0001") == "utter_confirmar_inscripcion_profesional"
        assert laura_writes.tap("Sí") == "utter_inscripto_por_profesional"
        assert seats("Rocío Vega") == [("Yoga", date(2026, 3, 3))]

    def test_a_client_is_removed_for_good(self, laura_writes, ana_writes, seats) -> None:
        ana_writes.say("yoga martes y jueves", "inscribirse_clase", named={"servicio": "yoga"})
        ana_writes.tap("Sí")
        assert laura_writes.say("dá de baja a Ana", "baja_clase", named={"persona": "Ana"}).startswith(
            "utter_confirmar_baja_profesional"
        )
        assert laura_writes.tap("Sí") == "utter_baja_profesional"
        assert seats() == []

    def test_the_waiting_list_is_shown(self, laura_writes, ana_writes, full_boxing) -> None:
        ana_writes.say("boxeo el miércoles", "inscribirse_clase", named={"servicio": "boxeo"})
        ana_writes.say("sí", "afirmar")
        assert laura_writes.say("mostrame la lista de espera", "lista_espera") == "utter_esperas"
        assert "Ana Gómez, *Boxeo* del miércoles 4 a las 19:00 (puesto 1)" in laura_writes.said["esperas"]


class TestLeaving:
    def test_what_it_means_is_told_before_the_yes(self, ana_writes, seats) -> None:
        ana_writes.say("yoga martes y jueves", "inscribirse_clase", named={"servicio": "yoga"})
        ana_writes.tap("Sí")
        assert ana_writes.say("me quiero dar de baja", "baja_clase") == "utter_confirmar_baja"
        assert ana_writes.said["clase"] == "*Yoga*, los martes y jueves a las 19:00"
        assert ana_writes.say("sí", "afirmar") == "utter_baja"
        assert seats() == []

    def test_one_day_is_left_and_the_other_kept(self, ana_writes, seats) -> None:
        ana_writes.say("yoga martes y jueves", "inscribirse_clase", named={"servicio": "yoga"})
        ana_writes.tap("Sí")
        ana_writes.say("dejo los martes pero sigo los jueves", "baja_clase")
        ana_writes.tap("Sí")
        assert {day.weekday() for _, day in seats()} == {3}

    def test_no_keeps_everything(self, ana_writes, seats) -> None:
        ana_writes.say("yoga martes y jueves", "inscribirse_clase", named={"servicio": "yoga"})
        ana_writes.tap("Sí")
        before = seats()
        ana_writes.say("me bajo", "baja_clase")
        assert ana_writes.tap("No") == "utter_baja_no"
        assert seats() == before

    def test_who_is_in_no_class_is_told_so(self, ana_writes) -> None:
        assert ana_writes.say("dame de baja", "baja_clase") == "utter_nada_para_baja"


class TestNotComing:
    @pytest.fixture
    def in_yoga(self, ana_writes):
        ana_writes.say("yoga martes y jueves", "inscribirse_clase", named={"servicio": "yoga"})
        ana_writes.tap("Sí")
        return ana_writes

    def test_one_class_is_missed_and_the_course_goes_on(self, in_yoga, seats) -> None:
        before = seats()
        assert in_yoga.say("mañana no voy a la clase", "cancelar_turno") == "utter_confirmar_falta_libre"
        assert in_yoga.tap("Sí") == "utter_falta_libre"
        assert seats() == before[1:]

    def test_a_day_on_which_somebody_cannot_come_is_the_day_that_is_meant(self, in_yoga) -> None:
        assert in_yoga.say("el jueves no puedo", "cancelar_turno") == "utter_confirmar_falta_libre"
        assert in_yoga.said["clase"] == "*Yoga* del jueves 5 a las 19:00"

    def test_classes_and_sessions_are_one_list(self, in_yoga, make_booking, relajante, ana, now) -> None:
        make_booking(relajante, now + timedelta(days=1, hours=1), ana)
        assert in_yoga.say("quiero cancelar", "cancelar_turno") == "utter_cual_cancelar"
        assert in_yoga.titles[:2] == ["mar 3/3 10:00", "mar 3/3 19:00"]
        assert in_yoga.tap("mar 3/3 19:00") == "utter_confirmar_falta_libre"

    def test_the_reminder_of_a_class_can_be_answered(self, in_yoga, sessions, seats) -> None:
        with sessions() as session:
            query = "SELECT e.booking_id FROM enrollments e JOIN bookings b ON b.id = e.booking_id ORDER BY b.period"
            booking_id = session.execute(text(query)).scalar()
        tapped = {"booking_id": booking_id}
        assert in_yoga.say("", "confirmar_turno", tapped=tapped) == "utter_asistencia_confirmada"
        with sessions() as session:
            query = "SELECT count(*) FROM enrollments WHERE attendance_confirmed_at IS NOT NULL"
            assert session.execute(text(query)).scalar() == 1
        assert in_yoga.say("", "cancelar_turno", tapped=tapped) == "utter_confirmar_falta_libre"

    def test_a_bare_yes_answers_the_reminder_of_tomorrow(self, in_yoga, sessions, all_actions, now) -> None:
        heard = in_yoga.chat.run(all_actions["action_sin_contexto"], "si", "afirmar")
        assert heard.follow_up is None  # Tuesday's class is more than a day away
        in_yoga.chat.now = now + timedelta(hours=12)
        set_runtime_clock(in_yoga.chat.now)
        heard = in_yoga.chat.run(all_actions["action_sin_contexto"], "si", "afirmar")
        assert heard.follow_up == "action_confirmar_turno"

    def test_the_professional_sees_who_is_affected_before_a_class_is_cancelled(
        self, in_yoga, laura_writes, seats
    ) -> None:
        before = seats()
        said = laura_writes.say(
            "cancelá la clase de yoga del martes", "cancelar_turno", named={"servicio": "yoga"}
        )
        assert said == "utter_confirmar_cancelar_clase"
        assert (laura_writes.said["anotados"], laura_writes.said["nombres"]) == (
            "hay 1 persona anotada",
            "Ana Gómez",
        )
        assert laura_writes.tap("Sí") == "utter_clase_cancelada"
        assert laura_writes.said["avisados"] == " Ya le avisé a 1 persona."
        with_class = [seat for seat in before if seat[1] != date(2026, 3, 3)]
        assert [seat for seat in seats() if seat[1] != date(2026, 3, 3)] == with_class

    def test_the_professional_takes_one_client_out_of_one_class(self, in_yoga, laura_writes, seats) -> None:
        before = seats()
        named = {"persona": "Ana"}
        said = laura_writes.say("Ana no viene el martes, cancelale", "cancelar_turno", named=named)
        assert said == "utter_confirmar_falta_profesional"
        assert laura_writes.tap("Sí") == "utter_falta_profesional"
        assert seats() == before[1:]

    def test_a_freed_seat_is_taken_by_its_button(
        self, ana_writes, full_boxing, chat_of, sessions, now
    ) -> None:
        ana_writes.say("boxeo el miércoles", "inscribirse_clase", named={"servicio": "boxeo"})
        ana_writes.say("sí", "afirmar")
        beto = replace(ana_writes.chat.actor, cliente_id=full_boxing.enrollment.cliente_id)
        leaving.leave(sessions, beto, full_boxing.enrollment.id, now=now, key="beto leaves", accept_cost=True)
        with sessions() as session:
            espera_id = session.execute(text("SELECT id FROM esperas WHERE state = 'ofrecido'")).scalar()
        assert ana_writes.say("", "confirmar_turno", tapped={"espera_id": espera_id}) == "utter_oferta_tomada"
        assert ana_writes.said["clase"] == "*Boxeo* del miércoles 4 a las 19:00"


class TestWaiting:
    def test_a_class_that_has_room_is_offered_instead(self, ana_writes, seats) -> None:
        said = ana_writes.say(
            "avisame si hay lugar en yoga el martes", "lista_espera", named={"servicio": "yoga"}
        )
        assert said == "utter_confirmar_inscripcion_con_lugar"
        assert ana_writes.tap("Sí") == "utter_inscripto_con_cuota"
        assert len(seats()) == 1

    def test_a_session_at_a_time_that_is_free_is_offered_instead(self, ana_writes) -> None:
        named = {"servicio": "reflexología"}
        said = ana_writes.say(
            "avisame si se libera reflexología el martes a las 10", "lista_espera", named=named
        )
        assert "utter_motivo_hay_lugar" in said
        assert "utter_ofrecer_horarios" in said

    def test_a_session_outside_the_hours_is_waited_for(self, ana_writes, waits) -> None:
        named = {"servicio": "reflexología"}
        words = "avisame si se libera algo de reflexología el martes después de las 18"
        assert ana_writes.say(words, "lista_espera", named=named) == "utter_en_espera"
        assert ana_writes.said["clase"] == "un turno de *Reflexología*, martes 3 desde las 18:00"
        assert waits() == [("Ana Gómez", "Reflexología", "esperando", False, False)]

    def test_the_line_is_left(self, ana_writes, full_boxing, waits) -> None:
        ana_writes.say("boxeo el miércoles", "inscribirse_clase", named={"servicio": "boxeo"})
        ana_writes.say("sí", "afirmar")
        said = ana_writes.say("sacame de la lista de espera", "lista_espera")
        assert said == "utter_espera_dejada"
        assert [row[2] for row in waits()] == ["cancelado"]
