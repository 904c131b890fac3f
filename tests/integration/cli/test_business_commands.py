"""`vallebot servicios`, `payments`, `export` and `erase`, as the operator types them."""

from __future__ import annotations

import json
import stat

import pytest
from click.testing import CliRunner

from vallebot import runtime
from vallebot.cli import cli
from vallebot.db.tables import Cargo, Payment


@pytest.fixture
def run(engine, database_url, monkeypatch, tmp_path):
    """Run a command in-process, on the database of the tests."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("VALLEBOT_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(runtime, "PROJECT_ROOT", tmp_path)
    runtime.set_runtime(None)
    yield lambda *arguments, **kwargs: CliRunner().invoke(cli, [str(one) for one in arguments], **kwargs)
    runtime.get_runtime().engine.dispose()
    runtime.set_runtime(None)


@pytest.fixture
def world(make_profesional, make_servicio, make_cliente, make_relacion, save, now):
    """Ana owes Laura $ 12.500 and says that she paid."""
    laura, ana = make_profesional(code="laura"), make_cliente()
    make_relacion(laura, ana)
    values = {"profesional_id": laura.id, "cliente_id": ana.id, "amount_minor": 1_250_000}
    month = {"month": now.date().replace(day=1), "concept": "Marzo", "currency": "ARS", "due_at": now}
    save(Cargo(servicio_id=make_servicio(laura).id, **month, **values))
    payment = save(Payment(state="informado", means="transferencia", informed_at=now, **values))
    return laura, ana, payment


def test_payments_are_listed_confirmed_and_settled(run, world):
    payment = world[2]
    listed = run("payments", "list", "--profesional", "laura", "--state", "informado")
    assert "Ana Gómez" in listed.output
    assert "$ 12.500" in listed.output
    assert "$ 12.500" in run("payments", "owed", "--profesional", "laura").output
    told = run("payments", "confirm", payment.id, "--profesional", "laura").output
    assert (
        told == f"Payment {payment.id} of Ana Gómez ($ 12.500) is confirmed. Still owed: $ 0. Credit: $ 0.\n"
    )
    assert run("payments", "owed", "--profesional", "laura").output == "Nobody owes anything.\n"


def test_a_decided_payment_is_not_decided_again(run, world):
    payment = world[2]
    assert (
        "rejected"
        in run("payments", "reject", payment.id, "--profesional", "laura", "--reason", "no llegó").output
    )
    again = run("payments", "confirm", payment.id, "--profesional", "laura")
    assert again.exit_code == 1
    assert "does not allow the step" in again.output


def test_payments_of_another_professional_are_out_of_reach(run, world, make_profesional):
    make_profesional(code="marta", name="Marta")
    result = run("payments", "confirm", world[2].id, "--profesional", "marta")
    assert (result.exit_code, "payment" in result.output) == (1, True)


def test_a_person_is_exported_and_erased_by_phone(run, world, tmp_path):
    ana = world[1]
    target = tmp_path / "ana.json"
    run("export", ana.phone_e164, "--output", target)
    assert json.loads(target.read_text())["person"][0]["name"] == "Ana Gómez"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert json.loads(run("export", ana.id).output)["payments"][0]["amount_minor"] == 1_250_000
    assert run("erase", ana.phone_e164, input="n\n").exit_code == 1
    assert f"Person {ana.id} is erased" in run("erase", ana.phone_e164, "--yes").output
    assert run("export", ana.phone_e164).exit_code == 1
    assert json.loads(run("export", ana.id).output)["person"][0]["name"] is None


def test_services_are_paused_and_resumed(run, world):
    shown = run("servicios", "list", "--profesional", "laura").output
    assert "Masaje" in shown
    assert run("servicios", "pause", 1, "--profesional", "laura").output == "Masaje is paused now.\n"
    assert "paused" in run("servicios", "list").output
    assert run("servicios", "resume", 1, "--profesional", "laura").output == "Masaje is active now.\n"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (
            ("agenda", "--profesional", "nadie"),
            "There is no profesional 'nadie'. See `vallebot profesionales list`.",
        ),
        (
            ("servicios", "pause", 99, "--profesional", "laura"),
            "There is no servicio. See `vallebot servicios list`.",
        ),
        (("payments", "confirm", 99, "--profesional", "laura"), "There is no payment."),
        (("export", "123"), "There is no person '123'."),
        (("inbox", "retry", 99), "There is no message '99'."),
    ],
)
def test_what_does_not_exist_is_told_in_a_sentence(run, world, typed, told):
    result = run(*typed)
    assert (result.exit_code, result.output) == (1, f"Error: {told}\n")
