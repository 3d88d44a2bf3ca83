"""Parquet files in a folder of this machine or in an object store: which there are, and what is said of those that cannot be read."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

from geo.errors import Problem
from geo.geocode.lists.rows import Fault, ListError

# As Arrow words what a store has said: its code, what was asked of it, and what it said beside.
_STORE_ERRORS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"AWS Error (?P<code>\w+)(?: \(HTTP status (?P<status>\d+)\))? during (?P<asked>\w+) operation: (?:.*Details: )?(?P<said>.*)",
        r"google::cloud::Status\((?P<code>\w+)(?P<status>): (?:.*?last message of )?(?P<said>.*?) error_info=.*?function=(?P<asked>\w+)",
    )
)
_STORE_REFUSES = re.compile(
    "ACCESS_DENIED|PERMISSION_DENIED|UNAUTHENTICATED|INVALID_ACCESS_KEY_ID|INVALID_SIGNATURE|SIGNATURE_DOES_NOT_MATCH|INVALID_CLIENT_TOKEN_ID"
    "|MISSING_AUTHENTICATION_TOKEN|UNRECOGNIZED_CLIENT|.*OAuth2"
)
_CREDENTIALS = "credentials that may read and list it (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY; GOOGLE_APPLICATION_CREDENTIALS; or in the address)"
_BUCKET = "a bucket that exists"
_STORE_ANSWERS = "a store that answers to its end; endpoint_override= in the address names one that is neither Amazon's nor Google's"
# Google's library else tries for a quarter of an hour, without credentials too.
_PATIENCE = "retry_limit_seconds=60"
# A secret key may well have a slash, which an address does not allow: it is none to show all the same.
_KEYS = re.compile(r"^([\w+.-]+://)[^/@]*:[^@]*@")
# What has a meaning in an address.
_KEPT = "%:/?#[]@!$&'()*+,;=~"


class Source(NamedTuple):
    """A Parquet file, or a folder of them.

    Attributes
    ----------
    address
        As it was given: what opens it again, on another machine too. It may hold keys, and is shown as ``name``.
    name
        For readers: the address without keys and options, or the path.
    system, path
        Where it is for Arrow.
    """

    address: str
    name: str
    system: pyarrow.fs.FileSystem
    path: str

    def name_of(self, path: str) -> str:
        """Name a file of it for readers: below the folder where it is one, as files of several partitions are often called the same."""
        return path.removeprefix(f"{self.path.rstrip('/')}/") if path != self.path else PurePosixPath(path).name

    def list_files(self) -> list[pyarrow.fs.FileInfo]:
        """List its Parquet files, by path; as everywhere, what begins with ``_`` or ``.`` is somebody's unfinished work.

        Raises
        ------
        ListError
            If there are none, or it cannot be read.
        """
        try:
            found = self.system.get_file_info(self.path)
            if found.is_file:
                return [found]
            listed = self.system.get_file_info(pyarrow.fs.FileSelector(self.path, recursive=True, allow_not_found=True))
            files = [one for one in listed if one.is_file and one.extension == "parquet" and not self._is_unfinished(one.path)]
            if not files and not self.path.startswith("/"):
                bucket = self.system.get_file_info(self.path.partition("/")[0])
                if bucket.type == pyarrow.fs.FileType.NotFound:
                    raise ListError(Problem(self.name, 0, "", "", _BUCKET))
        except (OSError, pa.ArrowException) as error:
            raise unreadable(self.name, error, "a Parquet file or a folder of them that can be read") from None
        if not files:
            raise ListError(Problem(self.name, 0, "", "", "a Parquet file that exists, or a folder with at least one"))
        return sorted(files, key=lambda one: str(one.path))

    def open_file(self, path: str) -> pq.ParquetFile:
        """Open a file of it, to be read row group by row group.

        Raises
        ------
        ListError
            If it is no Parquet file, or cannot be read.
        """
        try:
            return pq.ParquetFile(self.system.open_input_file(path), buffer_size=1 << 20, pre_buffer=False)
        except (OSError, pa.ArrowException) as error:
            raise unreadable(self.name_of(path), error, "a Parquet file", Fault.KIND) from None

    def _is_unfinished(self, path: str) -> bool:
        return any(part.startswith(("_", ".")) for part in PurePosixPath(self.name_of(path)).parts)


def open_source(address: str) -> Source:
    """Open a file or a folder, which need not exist.

    Parameters
    ----------
    address
        A path, or an address that Arrow knows (``s3://``, ``gs://``, ``file://``), with what it needs to open it as options of the address.

    Raises
    ------
    ListError
        If the address is none that Arrow knows.
    """
    name = shown_address(address)
    if "://" not in address:
        return Source(address, name, pyarrow.fs.LocalFileSystem(), str(Path(address).absolute()))
    try:
        # Arrow takes no letter that an address has to spell out; people write folders as they are called.
        spelt = quote(address, safe=_KEPT)
        if spelt.startswith(("gs://", "gcs://")) and "retry_limit_seconds=" not in spelt:
            spelt += f"{'&' if '?' in spelt else '?'}{_PATIENCE}"
        system, path = pyarrow.fs.FileSystem.from_uri(spelt)
    except (OSError, pa.ArrowException) as error:
        # What Arrow says quotes the address, with its keys.
        reason = str(error).replace(quote(address, safe=_KEPT), name)
        raise unreadable(name, OSError(reason), "an address of an object store, such as s3://bucket/folder, with options that Arrow knows") from None
    return Source(address, name, system, path)


def shown_address(address: str) -> str:
    """Give an address as it may be shown: without the keys and options that it may hold; a path as it is."""
    if "://" not in address:
        return address
    return unquote(_KEYS.sub(r"\1", address.partition("?")[0]))


def unreadable(name: str, error: Exception, expected: str, fault: Fault = Fault.OTHER) -> ListError:
    """Say what cannot be read and what was expected of it: what the store said where it is the store that fails, and what the file is otherwise."""
    found = next((found for pattern in _STORE_ERRORS if (found := pattern.search(str(error)))), None)
    if found is None:
        return ListError(Problem(name, 0, "", str(error)[:200], expected), fault)
    code, status, asked, said = found.group("code", "status", "asked", "said")
    told = f"{asked}: {f'HTTP {status}' if status else code}, {said}"
    wanted = _CREDENTIALS if _STORE_REFUSES.match(f"{code} {said}") else _BUCKET if code == "NO_SUCH_BUCKET" else _STORE_ANSWERS
    return ListError(Problem(name, 0, "", told[:200], wanted), Fault.BYTES)
