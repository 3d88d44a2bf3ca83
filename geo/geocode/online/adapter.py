"""The only way out: requests whose answers are JSON or an OnlineError, without the key in either."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from geopy.adapters import AdapterHTTPError, BaseSyncAdapter, get_retry_after
from geopy.exc import GeocoderParseError, GeocoderServiceError

from geo.errors import NetworkError, OnlineError, ProviderAnswerError
from geo.geocode.online.providers import BUSY, HTTP, KEY, Provider


class Adapter(BaseSyncAdapter):  # type: ignore[misc]  # geopy has no types
    """A geopy adapter over another one, whose answers are JSON or an OnlineError."""

    def __init__(self, provider: Provider, key: str, transport: BaseSyncAdapter) -> None:
        self._provider, self._transport = provider, transport
        self._secrets = {key, quote(key, safe="")} - {""}

    def get_text(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> str:
        """Fetch a text.

        Parameters
        ----------
        url, headers
            What is asked for.
        timeout
            In seconds.

        Raises
        ------
        OnlineError
            If there is none.
        """
        provider = self._provider.name
        try:
            return self._discreet(self._transport.get_text(url, timeout=timeout, headers=headers))
        except AdapterHTTPError as error:
            raise self._refused(error.status_code, error.headers, self._discreet(error.text or "")) from None
        except (GeocoderParseError, LookupError):
            # LookupError: an encoding that does not exist.
            raise ProviderAnswerError(provider, "answers in an encoding that cannot be read") from None
        except GeocoderServiceError as error:
            raise NetworkError(provider, f"cannot be reached: {_short(self._discreet(str(error)))}", is_passing=True) from None

    def get_json(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> Any:
        """Fetch a JSON document.

        Parameters
        ----------
        url, headers, timeout
            As for :meth:`get_text`.

        Raises
        ------
        OnlineError
            If there is none, it is none, or it says that the provider refuses.
        """
        text = self.get_text(url, timeout=timeout, headers=headers)
        try:
            page = json.loads(text)
        except (ValueError, RecursionError):
            raise ProviderAnswerError(self._provider.name, f"answers what is not JSON: {_short(text)!r}") from None
        self._check_status(page, None)
        return page

    def _discreet(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def _check_status(self, page: Any, retry_after_s: float | None) -> None:
        if not isinstance(page, Mapping):
            return
        code = str(page.get(self._provider.code, ""))
        refusal = self._provider.refusals.get(code)
        if refusal:
            error, is_passing = refusal
            says = page.get(self._provider.text) or page.get("msg") or ""
            raise error(self._provider.name, f"answers {_short(str(says))} ({code})", is_passing=is_passing, retry_after_s=retry_after_s)

    def _refused(self, status: int, headers: Mapping[str, str], text: str) -> OnlineError:
        retry_after_s = get_retry_after({name.lower(): value for name, value in headers.items()})
        try:
            self._check_status(json.loads(text), retry_after_s)
        except OnlineError as error:
            return error
        except (ValueError, RecursionError):
            # An error page, not an answer: its status alone says what it is.
            pass
        # Tianditu's firewall answers 418 to a key with stray characters and to a sender it has blocked.
        refusal = KEY if status == 418 else HTTP.get(status, BUSY if status >= 500 else (ProviderAnswerError, False))
        error_class, is_passing = refusal
        return error_class(self._provider.name, f"answers HTTP {status}", is_passing=is_passing, retry_after_s=retry_after_s)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}…"
