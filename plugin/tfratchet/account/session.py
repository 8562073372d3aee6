"""The way into an AWS account: one session, clients with retries, and AWS's errors in the user's words.

Only modules below ``account/`` and the commands on the live account import this one: it loads boto3.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tfratchet import __version__
from tfratchet.errors import UserError

try:
    import boto3
    import botocore.exceptions as aws
    import botocore.session
    from botocore.config import Config
except ImportError as missing:  # the extra is not installed
    raise UserError("this command needs boto3", hint="pip install 'tfratchet[aws]'") from missing

WORKERS = 16
"""Requests under way at once; as many connections are kept open."""

_THROTTLED = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AllAccessDisabled", "403"}
_UNKNOWN_KEY = {"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "SignatureDoesNotMatch"}


@dataclass(frozen=True, slots=True)
class Access:
    """How to get into an account: what ``--profile``, ``--region`` and ``--role-arn`` say."""

    profile: str | None = None
    region: str | None = None
    role_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks (``sts:GetCallerIdentity``)."""

    account: str
    """Twelve digits."""
    arn: str
    """ARN of the caller: a user, an assumed role, or root."""
    partition: str
    """``aws``, ``aws-cn``, ``aws-us-gov`` ..."""


@dataclass
class Account:
    """One account, seen with one set of credentials. Clients are made once and may be used by several threads."""

    session: boto3.Session
    region: str
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client of ``service`` in ``region`` (default: the account's own).

        Throttled calls are repeated by botocore with growing pauses, ten times, then they fail. STS is what is
        asked first: without a network nobody should wait a minute to hear so.
        """
        key = (service, region or self.region)
        with self._lock:  # making a client is not safe in threads, using one is
            if key not in self._clients:
                config = Config(
                    retries={"mode": "standard", "max_attempts": 4 if service == "sts" else 10},
                    max_pool_connections=WORKERS,
                    connect_timeout=10,
                    read_timeout=60,
                    user_agent_extra=f"tfratchet/{__version__}",
                )
                self._clients[key] = self.session.client(service, region_name=key[1], config=config)
            return self._clients[key]

    @cached_property
    def identity(self) -> Identity:
        """Who the credentials belong to. Raises UserError when AWS does not take them."""
        with told("asking AWS who this is"):
            answer = self.client("sts").get_caller_identity()
        return Identity(answer["Account"], answer["Arn"], answer["Arn"].split(":")[1])


def connect(access: Access) -> Account:
    """The account behind ``access``, with the role assumed if one is named.

    Without a region, the one of the profile or the environment, else ``us-east-1``, where IAM's events are.
    Raises UserError when there are no credentials, or AWS refuses them.
    """
    with told("opening the AWS session"):
        session = boto3.Session(profile_name=access.profile, region_name=access.region)
        region = access.region or session.region_name or "us-east-1"
        if session.get_credentials() is None:
            raise aws.NoCredentialsError
        account = Account(session, region)
    return assume(account, access.role_arn) if access.role_arn else account


def assume(account: Account, role_arn: str) -> Account:
    """The account that ``role_arn`` is in, seen as that role (``sts:AssumeRole``). Raises UserError when refused."""
    with told(f"assuming {role_arn}"):
        given = account.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="tfratchet")["Credentials"]
    session = boto3.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=account.region,
    )
    return Account(session, account.region)


def behind(account: Account) -> Iterator[Account]:
    """The credentials with which boto3 itself assumed the role of the session's profile (``source_profile``,
    ``credential_source``), nearest first: whoever runs this is them as much as the role.

    Raises UserError when AWS does not take them, though it just did.
    """
    seen: set[str] = set()
    profile, region = account.session.profile_name, account.region
    while profile not in seen:
        seen.add(profile)
        try:
            with told("opening the AWS session"):
                config = botocore.session.Session(profile=profile).get_scoped_config()
        except UserError:  # a session with keys of its own may be called after a profile that there is not
            return
        if "role_arn" not in config or "web_identity_token_file" in config:
            return
        source = config.get("source_profile")
        if source is None:
            if config.get("credential_source") != "Environment":
                return  # a machine or a container: a role that is no user
            yield _with_keys({n: os.environ.get(n.upper()) for n in _KEYS}, region)
            return
        if source == profile:  # the role and the keys that assume it in one profile
            yield _with_keys({n: config.get(n) for n in _KEYS}, region)
            return
        yield connect(Access(source, region))
        profile = source


_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


def _with_keys(keys: Mapping[str, str | None], region: str) -> Account:
    key, secret, token = (keys[n] for n in _KEYS)
    session = boto3.Session(
        aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token, region_name=region
    )
    return Account(session, region)


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turns AWS's errors into a UserError of one line: what was being done, what AWS says, what to do."""
    try:
        yield
    except (aws.BotoCoreError, aws.ClientError) as error:
        raise told_error(error, doing) from error


def told_error(error: Exception, doing: str) -> UserError:
    """The UserError for an error of botocore while ``doing`` something."""
    if isinstance(error, aws.ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        action = error.operation_name
        if code in _THROTTLED:
            return UserError(f"AWS is throttling {action}", where=doing, hint="run it again later")
        if code in _EXPIRED:
            return UserError("the credentials have expired", where=doing, hint="sign in again and repeat the command")
        if code in _UNKNOWN_KEY:
            return UserError("AWS does not know these credentials", where=doing, hint="check --profile and the keys")
        if code in _REFUSED:
            return UserError(
                f"AWS refuses {action} ({code})", where=doing, hint="see tfratchet audit --print-iam-policy"
            )
        return UserError(f"{action}: {code}: {error.response.get('Error', {}).get('Message', '')}", where=doing)
    if isinstance(error, (aws.NoCredentialsError, aws.PartialCredentialsError)):
        return UserError(
            "no AWS credentials", where=doing, hint="give --profile, or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
        )
    if isinstance(error, aws.ProfileNotFound):
        return UserError(str(error), where="--profile", hint="see aws configure list-profiles")
    if isinstance(error, (aws.TokenRetrievalError, aws.SSOError, aws.UnauthorizedSSOTokenError)):
        return UserError("the single sign-on session has expired", where=doing, hint="run aws sso login")
    return UserError(str(error), where=doing, hint="check the network, --region and AWS_ENDPOINT_URL")


def stops(error: Exception) -> bool:
    """Whether the next call would fail like this one: throttled, expired, refused, unknown credentials."""
    return error_code(error) in _THROTTLED | _EXPIRED | _REFUSED | _UNKNOWN_KEY


def error_code(error: Exception) -> str:
    """AWS's code of a ClientError (``NoSuchEntity``), or ``""``."""
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, aws.ClientError) else ""


def refused(error: Exception) -> bool:
    """Whether AWS does not allow the caller this call (no matter which policy says so)."""
    return error_code(error) in _REFUSED
