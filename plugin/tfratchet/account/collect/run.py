"""Which parts there are, and how they are put together."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from tfratchet.account.collect import credentials, settings, users
from tfratchet.account.collect.buckets import read_account_block, read_buckets
from tfratchet.account.collect.reader import Reader
from tfratchet.account.collect.trails import read_trails
from tfratchet.account.collect.watches import read_topics, read_watches
from tfratchet.account.facts import Facts
from tfratchet.account.limits import Limits

if TYPE_CHECKING:
    from tfratchet.account.session import Account
    from tfratchet.progress import Progress

PARTS = frozenset(["password_policy", "root", "users", "credentials", "roles", "trails", "buckets", "watches"])
"""``users``: users, groups, memberships and the policies they have. ``credentials`` (includes ``users``): passwords,
MFA and access keys. ``roles``: roles and the policies they have. ``buckets``: log buckets of the trails."""


def collect(
    account: Account,
    parts: frozenset[str] | None = None,
    progress: Progress | None = None,
    *,
    limits: Limits | None = None,
    now: datetime | None = None,
    every_user: bool = False,
) -> Facts:
    """Read these parts of an account (None: all). ``now``: the moment that ages are counted from (default: now).
    ``every_user``: ask about the password, MFA and keys of each, and not only of those whom the credential report holds
    something against: it may be four hours old.

    What AWS refuses stands in ``Facts.unread``. Raises UserError when the account cannot be read at all: credentials
    that have expired, no network, throttling that does not end.
    """
    parts = PARTS if parts is None else parts
    unknown = parts - PARTS
    if unknown:
        raise ValueError(f"no such part: {', '.join(sorted(unknown))}")
    taken = now or datetime.now(timezone.utc)
    identity = account.identity
    if progress is not None:
        progress.say(f"reading account {identity.account}")
    with Reader(account, progress) as reader:
        waiting: dict[str, Future[Any]] = {}
        if "credentials" in parts:  # first: AWS takes its time to make the report
            waiting["report"] = reader.start(lambda: credentials.read_report(reader))
        if "password_policy" in parts:
            waiting["password_policy"] = reader.start(lambda: settings.read_password_policy(reader))
        if "root" in parts:
            waiting["root"] = reader.start(lambda: settings.read_root(reader))
        if parts & {"users", "credentials", "roles"}:
            wanted = parts & {"roles"} | ({"users"} if parts & {"users", "credentials"} else set())
            waiting["people"] = reader.start(lambda: users.read_people(reader, frozenset(wanted)))
        if parts & {"trails", "buckets", "watches"}:
            waiting["trails"] = reader.start(lambda: read_trails(reader))
        trails = waiting["trails"].result() if "trails" in waiting else {}
        if "buckets" in parts:
            waiting["buckets"] = reader.start(lambda: read_buckets(reader, trails.values()))
        if "watches" in parts:
            waiting["watches"] = reader.start(lambda: read_watches(reader, trails.values()))
        answers = {name: future.result() for name, future in waiting.items()}
        people = answers.get("people", users.People())
        report = answers.get("report")
        if report is not None:
            people = credentials.with_credentials(
                reader, people, report, limits or Limits(), taken, every_user=every_user
            )
        buckets = answers.get("buckets", {})
        account_block = read_account_block(reader, buckets.values())
        topics = read_topics(reader, answers.get("watches", ()))
        root = answers.get("root", settings.Root())
        return Facts(
            account=identity.account,
            partition=identity.partition,
            caller=identity.arn,
            taken=taken,
            region=account.region,
            password_policy=answers.get("password_policy"),
            root_mfa=root.mfa,
            root_keys=root.keys,
            root_password=root.password,
            report_made=report.made if report is not None and not every_user else None,
            users=people.users,
            groups=people.groups,
            roles=people.roles,
            policies=people.policies,
            trails=trails,
            buckets=buckets,
            public_access_block=account_block,
            watches=answers.get("watches", ()),
            topics=topics,
            unread=reader.unread,
        )
