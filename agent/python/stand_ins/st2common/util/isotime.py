"""Times in ISO 8601, in UTC."""

import datetime
import re

__all__ = ["format", "parse", "validate"]

_UTC = datetime.timezone.utc
_PATTERN = re.compile(r"(\d{4}-\d\d-\d\d)[\sT](\d\d:\d\d:\d\d)(?:\.(\d{3,6}))?(?:Z|\+00(?::?00)?)")


def format(dt, usec=True, offset=True):
    """The text of a time, which is a datetime, a text, or seconds since 1970."""
    if isinstance(dt, str):
        dt = parse(dt)
    elif isinstance(dt, int):
        dt = datetime.datetime.fromtimestamp(dt, _UTC)
    if dt.tzinfo is None:
        dt = dt.replace(tzinfo=_UTC)
    text = dt.isoformat(timespec="microseconds" if usec else "seconds")
    return text if offset or not text.endswith("+00:00") else text[: -len("+00:00")] + "Z"


def validate(value, raise_exception=True):
    """Whether a value is a datetime, or the text of a time in UTC."""
    if isinstance(value, datetime.datetime) or (isinstance(value, str) and _PATTERN.fullmatch(value)):
        return True
    if raise_exception:
        raise ValueError("Datetime value does not match expected format.")
    return False


def parse(value, preserve_original_tz=False, validate_value=True):
    """The datetime of a text in UTC."""
    validate(value)
    if isinstance(value, datetime.datetime):
        return value
    day, time, fraction = _PATTERN.fullmatch(value).groups()
    return datetime.datetime.fromisoformat("%sT%s.%s+00:00" % (day, time, (fraction or "").ljust(6, "0")))
