"""Settings from the environment, and the `.env` file."""

from __future__ import annotations

import pytest

from vallebot.config import PROJECT_ROOT, ConfigError, Settings, load_dotenv

SECRETS = {
    "WHATSAPP_VERIFY_TOKEN": "verify-hush",
    "WHATSAPP_APP_SECRET": "app-hush",
    "WHATSAPP_ACCESS_TOKEN": "access-hush",
    "VALLEBOT_SECRET": "own-hush",
}


def test_nothing_set_is_the_demo():
    settings = Settings.from_env({})
    assert settings.demo
    assert settings.database_url is None
    assert settings.whatsapp.graph_url == "http://127.0.0.1:8080/graph"


def test_production_names_all_missing_secrets_at_once():
    with pytest.raises(ConfigError) as caught:
        Settings.from_env({"VALLEBOT_ENV": "production"})
    for name in SECRETS:
        assert f"{name} is missing" in str(caught.value)


def test_production_sends_to_the_real_graph_api():
    settings = Settings.from_env({"VALLEBOT_ENV": "production", **SECRETS})
    assert not settings.demo
    assert settings.whatsapp.graph_url == "https://graph.facebook.com"


def test_registration_is_open_unless_the_operator_wants_to_approve():
    assert not Settings.from_env({}).registration_approval
    assert Settings.from_env({"VALLEBOT_REGISTRATION": "approval"}).registration_approval
    with pytest.raises(ConfigError, match="VALLEBOT_REGISTRATION must be open or approval, not 'maybe'"):
        Settings.from_env({"VALLEBOT_REGISTRATION": "maybe"})


def test_secrets_do_not_appear_in_repr():
    assert "hush" not in repr(Settings.from_env({"VALLEBOT_ENV": "production", **SECRETS}))


def test_several_wrong_values_are_told_together():
    wrong = {"VALLEBOT_RASA_PORT": "rasa", "VALLEBOT_ACTIONS_PORT": "70000"}
    with pytest.raises(ConfigError, match=r"VALLEBOT_RASA_PORT .*'rasa'; VALLEBOT_ACTIONS_PORT .*'70000'"):
        Settings.from_env(wrong)


def test_app_secrets_rotate():
    settings = Settings.from_env({"WHATSAPP_APP_SECRET": "new,old"})
    assert settings.whatsapp.app_secrets == ("new", "old")


def test_the_file_does_not_override_the_environment(tmp_path):
    path = tmp_path / ".env"
    path.write_text("# a comment\n\nVALLEBOT_RASA_PORT=1\nVALLEBOT_SECRET='quoted'\n")
    environ = {"VALLEBOT_RASA_PORT": "2"}
    load_dotenv(path, environ)
    assert environ == {"VALLEBOT_RASA_PORT": "2", "VALLEBOT_SECRET": "quoted"}


@pytest.mark.parametrize("line", ["no equals sign", "=value", "two words=value"])
def test_a_broken_line_of_the_file_is_named(tmp_path, line):
    path = tmp_path / ".env"
    path.write_text(f"GOOD=1\n{line}\n")
    with pytest.raises(ConfigError, match=r"\.env, line 2: expected NAME=value"):
        load_dotenv(path, {})


def test_the_example_file_can_be_copied_as_it_is():
    environ: dict[str, str] = {}
    load_dotenv(PROJECT_ROOT / ".env.example", environ)
    assert Settings.from_env(environ) == Settings.from_env({})


def test_the_language_model_and_transcription_are_off_until_an_endpoint_is_named():
    settings = Settings.from_env({})
    assert (settings.llm, settings.transcription, settings.embeddings) == (None, None, False)
    endpoint = {"VALLEBOT_LLM_BASE_URL": "http://127.0.0.1:11434/v1", "VALLEBOT_LLM_MODEL": "phi"}
    settings = Settings.from_env(
        {**endpoint, "VALLEBOT_LLM_DAILY_CALLS": "5", "VALLEBOT_LLM_API_KEY": "hush"}
    )
    assert (settings.llm.model, settings.llm.daily_calls, settings.llm.timeout_seconds) == ("phi", 5, 6.0)
    assert settings.embeddings
    assert "hush" not in repr(settings)
    assert not Settings.from_env({**endpoint, "VALLEBOT_EMBEDDINGS": "no"}).embeddings


def test_a_half_named_endpoint_is_told():
    wrong = {"VALLEBOT_LLM_BASE_URL": "localhost:11434", "VALLEBOT_TRANSCRIPTION_BASE_URL": "http://x/v1"}
    with pytest.raises(ConfigError) as caught:
        Settings.from_env({**wrong, "VALLEBOT_LLM_TIMEOUT": "soon"})
    for told in (
        "VALLEBOT_LLM_BASE_URL must begin with http",
        "VALLEBOT_LLM_MODEL is missing",
        "VALLEBOT_TRANSCRIPTION_MODEL is missing",
        "VALLEBOT_LLM_TIMEOUT must be a number",
    ):
        assert told in str(caught.value)
