"""``tfratchet init`` from the command line to the last line that it prints."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tfratchet.errors import UserError
from tfratchet.initialise.found import Found
from tfratchet.initialise.render import Options, render
from tfratchet.initialise.source import choose
from tfratchet.initialise.write import write

# The same as the validations of the modules: a mistake is told before anything is written.
_BREAK_GLASS = re.compile(
    r"arn:(aws[a-z-]*|\*):iam::([0-9]{12}|\*):(role|user)/([^/\s]+/)*[^/\s]*[A-Za-z0-9+=,.@_-]{4,}[^/\s]*"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,38}[A-Za-z0-9]")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,54}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line says, as it is."""

    directory: str
    break_glass: Sequence[str]
    root: str = "baseline"
    name: str = "baseline"
    region: str | None = None
    log_bucket: str = ""
    source: str | None = None
    ci: str | None = None
    from_account: bool = False
    profile: str | None = None
    role_arn: str | None = None


def run(request: Request, say: Callable[[str], object]) -> None:
    """Write the files and say what was written and what comes next. Raises UserError, with nothing written."""
    _check(request)
    source = choose(request.source)
    _check_folder(source.text, request)
    found = _found(request)
    options = Options(
        source=source,
        root=PurePosixPath(request.root).as_posix(),
        name=request.name,
        region=found.region if found else request.region or "us-east-1",
        break_glass=tuple(dict.fromkeys(request.break_glass)),
        log_bucket=request.log_bucket,
        ci=request.ci or ("gitlab" if (Path(request.directory) / ".gitlab-ci.yml").exists() else "github"),
    )
    files = render(options, found)
    written, left = write(Path(request.directory), files)
    for path in written:
        say(f"written   {path}")
    for path, text in left.items():
        say(f"left      {path} exists already. Add to it what is missing of this:\n")
        say("".join(f"    {line}\n" for line in text.splitlines()))
    say("\nWhat to do next:")
    for position, step in enumerate(files.next_steps, 1):
        say(f"  {position}. {step}")


def _found(request: Request) -> Found | None:
    """What the account holds, when it was asked for."""
    if not request.from_account:
        return None
    from tfratchet.account.session import Access, connect
    from tfratchet.initialise.look import look

    return look(connect(Access(request.profile, request.region, request.role_arn)))


def _check_folder(source: str, request: Request) -> None:
    """Raises UserError for a local source that is meant from here: Terraform reads it from the root module's folder."""
    root = Path(request.directory) / request.root
    if not source.startswith(("./", "../")) or (root / source).is_dir():
        return
    here = next((start for start in (Path(), Path(request.directory)) if (start / source).is_dir()), None)
    if here is not None:
        path = Path(os.path.relpath(here / source, root)).as_posix()
        raise UserError(
            f"there is no {source} beside the files in {request.root}/, from where Terraform reads it",
            where="--source",
            hint=f"give {path if path.startswith('../') else './' + path}",
        )


def _check(request: Request) -> None:
    """Raises UserError for what cannot be used."""
    if not request.break_glass:
        raise UserError(
            "who may pass the guards is not known",
            where="--break-glass",
            hint="give the ARN of the break-glass role, and of the role that runs Terraform",
        )
    for arn in request.break_glass:
        if not _BREAK_GLASS.fullmatch(arn):
            raise UserError(
                f"{arn!r} is no ARN of a role or user with a name of four letters or more",
                where="--break-glass",
                hint="for example arn:aws:iam::*:role/break-glass",
            )
    for option, pattern, text in (
        ("--name", _NAME, request.name),
        ("--region", _REGION, request.region or "us-east-1"),
        ("--log-bucket", _BUCKET, request.log_bucket or "default"),
    ):
        if not pattern.fullmatch(text):
            raise UserError(f"{text!r} cannot be used", where=option)
    root = PurePosixPath(request.root)
    if root.is_absolute() or ".." in root.parts or not root.parts:
        raise UserError("it must be a folder below the repository's top", where="--root")
    if not request.from_account:
        for option, given in (("--profile", request.profile), ("--role-arn", request.role_arn)):
            if given:
                raise UserError("it is only used to look at an account", where=option, hint="add --from-account")
    if not Path(request.directory).is_dir():
        raise UserError("no such folder", where=request.directory)
