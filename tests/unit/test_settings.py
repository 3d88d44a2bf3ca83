from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from geo.errors import SettingsError
from geo.settings import PROJECT, SETTINGS, Settings


def test_the_defaults_serve_the_shipped_tables_on_this_machine_only() -> None:
    assert Settings.from_env({}) == Settings(host="127.0.0.1", port=8000, data=PROJECT / "data")


def test_every_setting_has_a_name_of_its_own_and_a_help_text() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("GEO_") for name in names)
    assert all(setting.help for setting in SETTINGS)


@pytest.mark.parametrize("value", ["example.org", "ftp://example.org", "https://example.org/?a=b", "https://user@example.org", "//evil"])
def test_a_public_address_that_is_none_is_named(value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"GEO_URL": value})
    assert str(caught.value) == f"GEO_URL={value!r}: expected an address such as https://example.org/atlas, without query"


@pytest.mark.parametrize(
    ("value", "url"), [("", ""), ("https://example.org/", "https://example.org"), ("http://a.b:81/atlas", "http://a.b:81/atlas")]
)
def test_a_public_address_has_no_slash_at_its_end(value: str, url: str) -> None:
    assert Settings.from_env({"GEO_URL": value}).url == url


def test_the_headers_that_proxies_set_are_named_one_by_one() -> None:
    assert Settings.from_env({}).forwarded == ("for", "proto")
    assert Settings.from_env({"GEO_FORWARDED": "For, prefix"}).forwarded == ("for", "prefix")
    with pytest.raises(SettingsError, match="GEO_FORWARDED='port': expected some of for, proto, host, prefix"):
        Settings.from_env({"GEO_FORWARDED": "for,port"})


def test_an_empty_value_takes_its_default() -> None:
    assert Settings.from_env({"GEO_HOST": "", "GEO_PORT": "", "GEO_DATA": ""}) == Settings.from_env({})


def test_set_values_are_used_and_other_variables_ignored(tmp_path: Path) -> None:
    env = {"GEO_HOST": "0.0.0.0", "GEO_PORT": "65535", "GEO_DATA": str(tmp_path), "GEO_OTHER": "x"}
    assert Settings.from_env(env) == Settings(host="0.0.0.0", port=65535, data=tmp_path)


def test_a_relative_data_folder_lies_below_the_project() -> None:
    assert Settings.from_env({"GEO_DATA": "data/basemap"}).data == PROJECT / "data" / "basemap"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80.0", "http", " 80", "٨٠", "1_000"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"GEO_PORT": port})
    assert str(caught.value) == f"GEO_PORT={port!r}: expected a whole number from 1 to 65535"


@pytest.mark.parametrize("seconds", ["-1", "two", "1e3", "86400.5", "inf", "0.0001"])
def test_seconds_between_looks_that_are_none_are_named(seconds: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"GEO_RELOAD_S": seconds})
    assert str(caught.value) == f"GEO_RELOAD_S={seconds!r}: expected seconds from 0 to 86400"
    assert Settings.from_env({"GEO_RELOAD_S": "0.05"}).reload_s == 0.05
    assert Settings.from_env({"GEO_RELOAD_S": "0"}).reload_s == 0


@pytest.mark.parametrize("proxies", ["-1", "11", "one", "1.0", "true"])
def test_a_number_of_proxies_that_is_none_is_named(proxies: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"GEO_PROXIES": proxies})
    assert str(caught.value) == f"GEO_PROXIES={proxies!r}: expected a whole number from 0 to 10"
    assert Settings.from_env({"GEO_PROXIES": "2"}).proxies == 2


def test_a_data_folder_that_does_not_exist_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"GEO_DATA": "no/such/folder"})
    assert str(caught.value) == "GEO_DATA='no/such/folder': expected a folder that exists"


def test_a_file_is_no_data_folder() -> None:
    with pytest.raises(SettingsError, match=r"^GEO_DATA='data/places\.csv': expected a folder that exists$"):
        Settings.from_env({"GEO_DATA": "data/places.csv"})


@pytest.mark.parametrize("provider", ["nominatim", "amap", "tianditu", "baidu"])
def test_an_online_geocoder_is_named_with_what_it_needs(provider: str, tmp_path: Path) -> None:
    address = "https://geocoder.example.org/search"
    settings = Settings.from_env(
        {"GEO_ONLINE": provider, "GEO_ONLINE_KEY": "k-1", "GEO_ONLINE_URL": address, "GEO_ONLINE_CACHE": str(tmp_path / "kept")}
    )
    assert (settings.online, settings.online_key, settings.online_url, settings.online_cache) == (provider, "k-1", address, tmp_path / "kept")


def test_by_default_no_online_geocoder_is_asked() -> None:
    settings = Settings.from_env({})
    assert (settings.online, settings.online_key, settings.online_url, settings.online_cache) == ("", "", "", PROJECT / ".cache/online")


def test_a_relative_cache_lies_below_the_project_and_need_not_exist() -> None:
    assert Settings.from_env({"GEO_ONLINE_CACHE": "no/such/cache"}).online_cache == PROJECT / "no/such/cache"


@pytest.mark.parametrize("provider", ["google", "Nominatim", "amap,baidu", " amap", "custom"])
def test_an_online_geocoder_that_is_not_known_is_refused(provider: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"GEO_ONLINE": provider})
    assert str(caught.value) == f"GEO_ONLINE={provider!r}: expected one of nominatim, amap, tianditu, baidu"


def test_the_key_of_an_online_geocoder_is_never_printed() -> None:
    settings = Settings.from_env({"GEO_ONLINE": "amap", "GEO_ONLINE_KEY": "s3cret-key"})
    assert settings.online_key == "s3cret-key"
    assert "s3cret" not in f"{settings!r} {settings}"


def test_settings_do_not_change_once_read(settings: Settings) -> None:
    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]
