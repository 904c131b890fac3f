"""The role shifts odds and excludes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.roles import OF_CLIENTS, OF_PROFESSIONALS, log_prior

INTENTS = ["pedir_turno", "confirmar_pago", "lista_espera"]


@pytest.mark.parametrize("role", [None, "", "dueño"])
def test_an_unknown_role_changes_nothing(role):
    assert not log_prior(role, INTENTS, 0.1).any()


def test_a_client_rarely_runs_a_business_and_a_professional_rarely_waits_for_a_place():
    assert np.exp(log_prior("cliente", INTENTS, 0.1)) == pytest.approx([1, 0.1, 1])
    assert np.exp(log_prior("profesional", INTENTS, 0.1)) == pytest.approx([1, 1, 0.1])


def test_no_operation_is_foreign_to_both_roles():
    assert not OF_CLIENTS & OF_PROFESSIONALS
