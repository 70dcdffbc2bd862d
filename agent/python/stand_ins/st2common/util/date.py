"""Times in UTC."""

import datetime


def get_datetime_utc_now():
    """Now, with its time zone."""
    return datetime.datetime.now(datetime.timezone.utc)
