"""The only way of a report out of the machine: a question to the language model that the operator has named, as OpenAI's chat completions have it.

One POST of JSON needs no package. The text goes to the named host only: a plain connection follows no redirect and knows no proxy.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from geo.draft.opinion import ModelError
from geo.errors import SettingsError
from geo.settings import Settings

# Ids of forty figures are some kilobytes.
_MOST_BYTES = 256 * 1024


class Model:
    """A language model behind an address that the operator has named.

    Parameters
    ----------
    settings
        Of the operator; all questions together end when their seconds are over.

    Raises
    ------
    SettingsError
        If no address or no model is named.
    """

    def __init__(self, settings: Settings) -> None:
        if not settings.llm_url:
            raise SettingsError("GEO_LLM_URL", "", "the address of a service, such as http://127.0.0.1:11434/v1: the text of a report is sent there")
        if not settings.llm_model:
            raise SettingsError("GEO_LLM_MODEL", "", "the name of a model that the service of GEO_LLM_URL has")
        self._settings = settings
        self._end = time.monotonic() + settings.llm_s

    def __call__(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Ask, and give the text of the answer.

        Raises
        ------
        ModelError
            If there is none in time, it is too long, or it is not in the form of a chat completion.
        """
        left = self._end - time.monotonic()
        answers: queue.SimpleQueue[bytes | ModelError] = queue.SimpleQueue()
        # A server that sends a byte a second holds up a socket for ever, but not who waits for a thread.
        threading.Thread(target=self._post, args=(messages, max(left, 0.1), answers), daemon=True).start()
        try:
            answer = answers.get(timeout=max(left, 0.1))
        except queue.Empty:
            raise ModelError(f"did not answer within {self._settings.llm_s:g} s") from None
        if isinstance(answer, ModelError):
            raise answer
        return _content(answer)

    def _post(self, messages: Sequence[Mapping[str, str]], timeout_s: float, answers: queue.SimpleQueue[bytes | ModelError]) -> None:
        body = {"model": self._settings.llm_model, "messages": list(messages), "temperature": 0, "stream": False}
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._settings.llm_key:
            headers["Authorization"] = f"Bearer {self._settings.llm_key}"
        parts = urlsplit(self._settings.llm_url)
        connection = (HTTPSConnection if parts.scheme == "https" else HTTPConnection)(parts.netloc, timeout=timeout_s)
        try:
            connection.request("POST", f"{parts.path}/chat/completions", json.dumps(body, ensure_ascii=False).encode(), headers)
            response = connection.getresponse()
            content = response.read(_MOST_BYTES + 1)
        except TimeoutError:
            answers.put(ModelError(f"did not answer within {self._settings.llm_s:g} s"))
        except (OSError, HTTPException, ValueError) as error:
            answers.put(ModelError(f"cannot be reached: {type(error).__name__}"))
        else:
            if response.status != 200:
                answers.put(ModelError(f"answers HTTP {response.status}"))
            else:
                answers.put(ModelError(f"answers more than {_MOST_BYTES // 1024} kB") if len(content) > _MOST_BYTES else content)
        finally:
            connection.close()


def _content(answer: bytes) -> str:
    """Give the text of a chat completion.

    Raises
    ------
    ModelError
        If it is none.
    """
    try:
        content = json.loads(answer)["choices"][0]["message"]["content"]
    except (ValueError, RecursionError, LookupError, TypeError):
        content = None
    if not isinstance(content, str):
        raise ModelError("answers what is not a chat completion")
    return content
