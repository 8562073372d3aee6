"""The buckets that trails write to: each protection has a call of its own, and "not set" is an error code there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from tfratchet.account.collect.reader import Reader
from tfratchet.account.facts import LiveBucket, LiveTrail
from tfratchet.account.session import error_code, refused


def read_buckets(reader: Reader, trails: Iterable[LiveTrail]) -> dict[str, LiveBucket]:
    """The log buckets of ``trails`` by name."""
    names = sorted({trail.bucket for trail in trails if trail.bucket})
    if not names:
        return {}
    s3 = reader.client("s3")
    own: frozenset[str] | None = reader.ask(
        "buckets",
        "s3:ListAllMyBuckets",
        lambda: frozenset(b["Name"] for b in reader.pages(s3, "list_buckets", "Buckets")),
        None,
    )
    return {bucket.name: bucket for bucket in reader.each(names, lambda name: _bucket(reader, name, own))}


def read_account_block(reader: Reader, buckets: Iterable[LiveBucket]) -> dict[str, bool] | None:
    """The account's public access block, asked for when some bucket's own is not whole; None: not set, or not asked."""
    own = [b for b in buckets if b.exists and not b.foreign]
    if all(b.public_access_block and all(b.public_access_block.values()) for b in own):
        return None
    account = reader.account.identity.account
    control = reader.client("s3control")
    if ".amazonaws.com" not in control.meta.endpoint_url:
        # Whoever gives an endpoint (AWS_ENDPOINT_URL) has no host of its own for each account there.
        control.meta.events.register("before-sign.s3-control", partial(_without_account, account))
    answer: dict[str, Any] = reader.ask(
        "buckets",
        "s3:GetAccountPublicAccessBlock",
        lambda: control.get_public_access_block(AccountId=account),
        {},
        absent=("NoSuchPublicAccessBlockConfiguration",),
    )
    return answer.get("PublicAccessBlockConfiguration")


def _without_account(account: str, request: Any, **_: Any) -> None:
    request.url = request.url.replace(f"//{account}.", "//", 1)


def _bucket(reader: Reader, name: str, own: frozenset[str] | None) -> LiveBucket:
    s3 = reader.client("s3")
    part = f"bucket:{name}"
    there, versioning = _versioning(reader, name, foreign=own is not None and name not in own)
    if versioning is None:
        return LiveBucket(name, exists=there, foreign=there)

    def ask(action: str, call: Callable[..., Any], *absent: str) -> dict[str, Any]:
        answer: dict[str, Any] = reader.ask(part, action, lambda: call(Bucket=name), {}, absent=absent)
        return answer

    encryption = ask(
        "s3:GetEncryptionConfiguration", s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError"
    )
    rules = encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    block = ask(
        "s3:GetBucketPublicAccessBlock", s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration"
    ).get("PublicAccessBlockConfiguration")
    policy = ask("s3:GetBucketPolicy", s3.get_bucket_policy, "NoSuchBucketPolicy").get("Policy")
    logging = ask("s3:GetBucketLogging", s3.get_bucket_logging).get("LoggingEnabled", {})
    lock = ask(
        "s3:GetBucketObjectLockConfiguration",
        s3.get_object_lock_configuration,
        "ObjectLockConfigurationNotFoundError",
    ).get("ObjectLockConfiguration", {})
    lifecycle = ask(
        "s3:GetLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"
    )
    return LiveBucket(
        name=name,
        versioning=versioning.get("Status") == "Enabled",
        mfa_delete=versioning.get("MFADelete") == "Enabled",
        encryption=next((d["SSEAlgorithm"] for r in rules if (d := r.get("ApplyServerSideEncryptionByDefault"))), None),
        public_access_block=block,
        policy=json.loads(policy) if policy else None,
        logging=logging.get("TargetBucket"),
        object_lock=lock.get("Rule", {}).get("DefaultRetention", {}).get("Mode"),
        lifecycle=tuple(lifecycle.get("Rules", ())),
    )


def _versioning(reader: Reader, name: str, *, foreign: bool) -> tuple[bool, dict[str, Any] | None]:
    """Whether the bucket is there, and its versioning; None: not there, or another account's (``foreign``).

    S3 keeps the owners of buckets apart by the error only: one that is not ours is refused or is not there.
    """
    s3 = reader.client("s3")

    def ask() -> tuple[bool, dict[str, Any] | None]:
        try:
            answer = s3.get_bucket_versioning(Bucket=name)
        except ClientError as error:
            if error_code(error) == "NoSuchBucket":
                return False, None
            if foreign and refused(error):
                return True, None
            raise
        return True, None if foreign else answer

    unknown: tuple[bool, dict[str, Any] | None] = (True, {})
    return reader.ask(f"bucket:{name}", "s3:GetBucketVersioning", ask, unknown)
