"""What httpx and httpcore log, without keys, and without queries that are as good as one."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

from .envelopes import Clean

# httpx logs whole URLs, httpcore an answer's headers: Location, and any that echoes the key.
_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks")
_QUERY = re.compile(r"\?[^\s'\"]+")
_LONGEST_LINE = 2000  # characters

_cleaning: ContextVar[Clean | None] = ContextVar("_cleaning", default=None)


def clean_log(clean: Clean) -> None:
    """Keep keys and queries out of what this task, and those it starts, log from now on."""
    _clean_with(clean)


@contextmanager
def cut_queries() -> Iterator[None]:
    """Keep queries out of what is logged meanwhile; what `clean_log` keeps out stays out."""
    mark = _clean_with(_cleaning.get() or _shorten)
    try:
        yield
    finally:
        _cleaning.reset(mark)


def _clean_with(clean: Clean) -> Token[Clean | None]:
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_cleaned)  # adding it again changes nothing
    return _cleaning.set(clean)


def _shorten(text: str, /, *, limit: int = _LONGEST_LINE) -> str:
    return text[:limit]


def _cleaned(record: logging.LogRecord) -> bool:
    clean = _cleaning.get()
    if clean:
        line = _QUERY.sub("?...", record.getMessage())
        record.msg, record.args = clean(line, limit=_LONGEST_LINE), ()
    return True
