import pytest

from server.settings import Settings, SettingsError, settings_table


def test_a_variable_of_the_environment_wins_over_the_env_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("DOSSIER_PORT=9001\nDOSSIER_MODEL=paper\nOTHER=1\n")
    monkeypatch.setenv("DOSSIER_PORT", "9002")
    settings = Settings.load()
    assert (settings.port, settings.model) == (9002, "paper")


def test_an_unknown_variable_is_refused_with_the_closest_known_one(monkeypatch):
    monkeypatch.setenv("DOSSIER_DATADIR", "/somewhere")
    with pytest.raises(SettingsError, match=r"DOSSIER_DATADIR\. Did you mean DOSSIER_DATA_DIR\?"):
        Settings.load()


def test_an_unknown_variable_like_no_other_gets_no_guess(monkeypatch):
    monkeypatch.setenv("DOSSIER_COLOUR", "red")
    with pytest.raises(SettingsError, match=r"unknown setting DOSSIER_COLOUR\. Known settings"):
        Settings.load()


def test_an_unknown_variable_in_the_env_file_is_refused_too(tmp_path):
    (tmp_path / ".env").write_text("DOSSIER_PROT=9001\n")
    with pytest.raises(SettingsError, match=r"Did you mean DOSSIER_PORT\?.*DOSSIER_MODEL"):
        Settings.load()


def test_a_wrong_value_names_its_variable(monkeypatch):
    monkeypatch.setenv("DOSSIER_PORT", "http")
    with pytest.raises(SettingsError, match=r"DOSSIER_PORT: .*integer"):
        Settings.load()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "reports.example"])
def test_a_host_that_others_can_reach_needs_an_api_key(host):
    with pytest.raises(SettingsError, match="DOSSIER_API_KEY is not set; set DOSSIER_API_KEY"):
        Settings.load(host=host)
    assert Settings.load(host=host, api_key="k" * 16).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_this_machine_needs_no_key(host):
    assert Settings.load(host=host).api_key is None


def test_a_short_key_is_refused_without_being_shown(monkeypatch):
    monkeypatch.setenv("DOSSIER_API_KEY", "hunter2")
    with pytest.raises(SettingsError, match="at least 16") as caught:
        Settings.load()
    assert "hunter2" not in str(caught.value)


def test_the_key_is_not_in_the_settings_repr():
    assert "a-long-enough-secret" not in repr(Settings.load(api_key="a-long-enough-secret"))


def test_allowed_hosts_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("DOSSIER_ALLOWED_HOSTS", "Reports.example, desk.example")
    assert Settings.load().allowed_hosts == ("reports.example", "desk.example")


def test_the_table_documents_every_setting_with_its_default():
    table = settings_table()
    for name, field in Settings.model_fields.items():
        assert f"| `DOSSIER_{name.upper()}` |" in table
        assert field.description and field.description in table
    assert "| `DOSSIER_PORT` | `8000` |" in table


def test_every_size_and_time_says_its_unit():
    for name, field in Settings.model_fields.items():
        for unit in ("bytes", "hours", "days", "chars"):
            if name.endswith(unit):
                expected = "characters" if unit == "chars" else unit
                assert field.description and expected in field.description, name
