"""Open text files, also compressed ones, and find out their encoding."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import itertools
import lzma
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, cast

from graph_agent.errors import VariableFileError
from graph_agent.files.reading import Reading

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

OPENERS: Mapping[str, Callable[[Path, str], IO[bytes]]] = MappingProxyType(
    {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}  # type: ignore[dict-item]  # mode "rb" only
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, because it starts with that mark
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = (
    *("cp1251", "gb18030", "cp932", "cp949", "big5", "euc_jp", "koi8_r", "cp1253", "cp1255"),
    *("cp1256", "cp874", "cp1250", "cp1254", "cp1252"),
)
"""Encodings from before Unicode. Of those that fit a text alike, the first is taken."""
_UTF8 = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
)
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_MIXED_RATIO = 3
"""So many letters in UTF-8 to one that isn't; in other encodings hardly any pair looks like it."""
_CHUNK_BYTES = 1 << 20
_SAMPLE_BYTES = 1 << 16


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file; decompress it if its name says so."""
    opener = OPENERS.get(path.suffix.lower())
    return opener(path, "rb") if opener else path.open("rb")


def open_for_arrow(path: Path) -> Any:
    """Open a file for Arrow, which reads an uncompressed one itself."""
    import pyarrow as pa

    return open_bytes(path) if path.suffix.lower() in OPENERS else pa.OSFile(str(path))


def open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    """Open a file as text with its line ends as they are."""
    # gzip, bz2 and lzma are declared as IO[bytes], but all are buffered readers.
    raw = cast(io.BufferedReader, open_bytes(path))
    return io.TextIOWrapper(raw, encoding=encoding, newline="")


def find_encoding(path: Path, reading: Reading) -> str:
    """Return the encoding that the user gave, or the one the bytes suggest.

    Raises:
        VariableFileError: no encoding fits.
    """
    if reading.options.encoding is not None:
        name = codecs.lookup(reading.options.encoding).name
        return "utf-8-sig" if name == "utf-8" else name
    with open_bytes(path) as file:
        start = file.read(_SAMPLE_BYTES)
    encoding = next((name for mark, name in _BOMS if start.startswith(mark)), None)
    encoding = encoding or _utf16_without_mark(start) or _utf8_or_legacy(path)
    if not encoding.startswith("utf-8"):
        reading.assumed.append(encoding)
    return encoding


def _utf16_without_mark(start: bytes) -> str | None:
    """Recognize UTF-16 by the zero bytes of its ASCII characters: separators, digits, line ends."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) < max(4, len(start) // 10) or max(even, odd) < 10 * min(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _utf8_or_legacy(path: Path) -> str:
    """Return utf-8 if the whole file is, else what its lines beyond ASCII look like."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_bytes(path) as file:
        try:
            while chunk := file.read(_CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            file.seek(0)
        else:
            return "utf-8"
        sample: dict[bytes, None] = {}  # each field once: repeated words mislead the statistics
        size = 0
        while size < _SAMPLE_BYTES and (line := file.readline(_CHUNK_BYTES)):
            for field in re.split(rb"[,;\t\r\n]", line):
                if not field.isascii() and field not in sample:
                    sample[field] = None
                    size += len(field)
    words = b"\n".join(sample)
    _check_is_not_mixed(words)
    return _legacy(words)


def _check_is_not_mixed(sample: bytes) -> None:
    """Refuse UTF-8 with a few bytes of another encoding: as that one, all else would be wrong."""
    foreign = len(_NOT_ASCII.findall(_UTF8.sub(b"", sample)))
    if len(_UTF8.findall(sample)) >= _MIXED_RATIO * max(1, foreign):
        raise VariableFileError(
            "is UTF-8 with some bytes of another encoding; correct these lines, or give the"
            " encoding with --encoding"
        )


def _legacy(sample: bytes) -> str:
    """Choose the code page of a text; short texts fit many, and Western ones are most common."""
    from charset_normalizer import from_bytes

    def rank(match: CharsetMatch) -> tuple[float, float, int]:
        return (-round(match.chaos, 2), match.coherence, -_LEGACY.index(match.encoding))

    matches = list(from_bytes(sample, cp_isolation=list(_LEGACY)))
    best = max(matches, key=rank, default=None)
    if _decodes(sample, "cp1252"):
        if best is None or (_looks_western(sample) and not _is_clearly(best, matches, sample)):
            return "cp1252"
    elif best is None:
        if b"\0" in sample:
            raise VariableFileError("holds binary data, not text; check what it is, and its name")
        raise VariableFileError("is text in an unknown encoding; give it with --encoding")
    return str(best.encoding)


def _is_clearly(best: CharsetMatch, matches: list[CharsetMatch], sample: bytes) -> bool:
    """Whether the letters speak for another Latin code page, as in Polish or Turkish."""
    western = max((m.coherence for m in matches if m.encoding == "cp1252"), default=0.0)
    return (
        best.encoding in ("cp1250", "cp1254")
        and best.coherence > max(western, 0.2)
        and str(best) != sample.decode("cp1252")
    )


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _looks_western(sample: bytes) -> bool:
    """Whether letters beyond ASCII are single ones among ASCII letters, as in Western languages."""
    text = sample.decode("cp1252")
    pairs = sum(ord(a) > 127 and ord(b) > 127 for a, b in itertools.pairwise(text))
    return pairs * 4 <= sum(ord(char) > 127 for char in text)
