"""ARNs with an unknown partition. An account is in one partition only, however a configuration comes by its name."""

from __future__ import annotations

from tfratchet.values import REF_CLOSE, REF_OPEN, Template, Unknown

_PARTITION = Unknown(f"{REF_OPEN}data.aws_partition{REF_CLOSE}.partition")


def in_its_partition(value: str | Unknown) -> str | Unknown:
    """An ARN whose partition is not known, with one and the same unknown for it: ``arn:${var.partition}:s3:::logs``
    is ``arn:${data.aws_partition.current.partition}:s3:::logs``. Every other value unchanged: a partition that is
    written out stays, another one matches nothing.
    """
    found = _behind(value)
    return value if found is None else Template(["arn:", _PARTITION, *found])


def in_usual_partition(value: str | Unknown) -> str | Unknown:
    """The same with ``aws`` for a partition that is not known: what most configurations write, to compare texts."""
    found = _behind(value)
    if found is None:
        return value
    parts = [f"arn:aws{found[0]}", *found[1:]]
    return str(parts[0]) if len(parts) == 1 else Template(parts)


def _behind(value: str | Unknown) -> list[str | Unknown] | None:
    """What follows the unknown partition of an ARN; None when there is none."""
    if not isinstance(value, Template) or len(value.parts) < 3 or value.parts[0] != "arn:":
        return None
    behind = value.parts[2]
    if not isinstance(value.parts[1], Unknown) or not isinstance(behind, str) or not behind.startswith(":"):
        return None
    return list(value.parts[2:])
