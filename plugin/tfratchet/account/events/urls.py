"""``s3://bucket/prefix``."""

from __future__ import annotations

import re

from tfratchet.errors import UserError


def parse_url(url: str) -> tuple[str, str]:
    """Bucket and prefix of ``s3://bucket/prefix``. Raises UserError."""
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
        raise UserError("is no bucket", where=url, hint="for example s3://my-trail-logs/AWSLogs/123456789012/")
    return bucket, prefix
