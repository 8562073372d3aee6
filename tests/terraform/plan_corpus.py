"""Real plans of the cases in ``tests/cases``: real terraform, real provider 3.39.0, no account.

Planning hundreds of cases one by one would take an hour, so all are modules of one configuration:

1. ``validate`` finds those that this provider does not know (newer resource types, syntax that is broken on purpose).
2. ``plan`` of all bases. What it would create goes into a state file, with the attributes that the account would have
   given (ARNs, ids) made up; what depends on them becomes known in the next round, until everything is in the state.
3. ``plan`` of all heads on that state. Its JSON is taken apart again: one plan for each case, with the addresses that
   it would have on its own.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import hcl_blocks
import provider_mirror
import tf_harness

from tfratchet.sources.folders import FolderTree, changed_folders
from tfratchet.sources.reach import reach

CASES = provider_mirror.ROOT / "tests" / "cases"
PROVIDER = f"""
terraform {{
  required_version = ">= 0.12"
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "{provider_mirror.APPLIED_VERSION}"
    }}
  }}
}}
"""
ACCOUNT = "123456789012"
_SOURCE = re.compile(r'^\s*source\s*=\s*"([^"]+)"', re.MULTILINE)
_KIND = re.compile(r'^\s*(?:resource|data)\s+"([a-z0-9]+)_', re.MULTILINE)
_ROUNDS = 6

# What cases read by data sources and nothing declares.
_USERS = ("ci",)
_POLICIES = ("audit", "read")
_DOCUMENT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}'


@dataclass
class Job:
    """One root module of one case."""

    case: str
    base_path: str | None
    head_path: str | None
    key: str = ""
    plan: dict[str, Any] | None = None

    @property
    def folder(self) -> Path:
        return CASES / self.case

    @property
    def path(self) -> str:
        return self.head_path or self.base_path or "."


@dataclass
class Corpus:
    """Plans by case (one for each root module), and why the others have none."""

    cases: Sequence[str] = ()
    plans: dict[str, list[Job]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def folders() -> list[str]:
    """Every case, by its path below ``tests/cases``."""
    return [p.parent.relative_to(CASES).as_posix() for p in sorted(CASES.glob("*/*/*/expect.toml"))]


def jobs(case: str) -> tuple[list[Job], str]:
    """The root modules of a case; or none, and what terraform would need that is not there."""
    folder = CASES / case
    texts = [p.read_text() for side in ("base", "head") for p in sorted((folder / side).rglob("*.tf"))]
    texts += [p.read_text() for side in ("base", "head") for p in sorted((folder / side).rglob("*.tf.json"))]
    text = "\n".join(texts)
    remote = [s for s in _SOURCE.findall(text) if not s.startswith(".") and s != "hashicorp/aws"]
    if remote:
        return [], "a module that would have to be downloaded"
    if 'data "aws_organizations_organization"' in text:
        return [], "an organization"
    if 'data "aws_ssoadmin_' in text:
        return [], "a directory of IAM Identity Center"
    if set(_KIND.findall(text)) - {"aws", "terraform"}:
        return [], "another provider"
    base, head = FolderTree(str(folder / "base")), FolderTree(str(folder / "head"))
    found = [Job(case, t.base_path, t.head_path) for t in reach(base, head, changed_folders(base, head)).targets]
    if any(_missing(job) for job in found):
        return [], "a variable without a value"
    return found, "" if found else "no root module that the change reaches"


def _missing(job: Job) -> bool:
    """Whether a root module declares a variable that nothing gives a value."""
    for side, path in (("base", job.base_path), ("head", job.head_path)):
        if path is None:
            continue
        given = set(re.findall(r'^\s*"?([\w-]+)"?\s*=', _assignments(job.folder / side / path), re.MULTILINE))
        for file in sorted((job.folder / side / path).glob("*.tf")):
            try:
                variables = hcl_blocks.read(file).of("variable")
            except ValueError:
                return False  # terraform will say what is wrong with it
            if any(not v.text("default") and v.labels[0] not in given for v in variables):
                return True
    return False


def _assignments(directory: Path) -> str:
    """The variables that Terraform would load by itself, as arguments of a module call."""
    names = ["terraform.tfvars", *sorted(p.name for p in directory.glob("*.auto.tfvars"))]
    texts = [(directory / n).read_text() for n in names if (directory / n).is_file()]
    for file in [directory / "terraform.tfvars.json", *sorted(directory.glob("*.auto.tfvars.json"))]:
        if file.is_file():
            texts += [f"{k} = {json.dumps(v)}" for k, v in json.loads(file.read_text()).items()]
    return "\n".join(texts)


class Batch:
    """All cases as modules of one configuration."""

    def __init__(self, directory: Path, endpoint: str, program: str, env: Mapping[str, str]) -> None:
        self.directory = directory
        self.endpoint = endpoint
        self.program = program
        self.env = env
        self.corpus = Corpus()

    def run(self, cases: Sequence[str]) -> Corpus:
        """Plan the cases. What terraform refuses is in ``Corpus.refused``, with its words."""
        self.corpus.cases = tuple(cases)
        self._populate()
        todo: list[Job] = []
        for case in cases:
            found, reason = jobs(case)
            if reason:
                self.corpus.refused[case] = reason
            todo += found
        for number, job in enumerate(todo):
            job.key = f"c{number:04d}"
        todo = self._validated(todo)
        todo, state = self._state(todo)
        todo, plan = self._planned("head", todo, state)
        for job in todo:
            job.plan = part(plan, job.key)
            self.corpus.plans.setdefault(job.case, []).append(job)
        return self.corpus

    def _populate(self) -> None:
        iam = boto3.client(
            "iam",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        for user in _USERS:
            iam.create_user(UserName=user)
        for policy in _POLICIES:
            iam.create_policy(PolicyName=policy, PolicyDocument=_DOCUMENT)

    def _validated(self, todo: list[Job]) -> list[Job]:
        """Without what is no configuration of this provider."""
        while True:
            wrong: dict[str, str] = {}
            for side in ("base", "head"):
                workspace = self._write(side, todo)
                done = workspace.run("validate", "-json", check=False)
                found = [d for d in json.loads(done.stdout)["diagnostics"] if d["severity"] == "error"]
                wrong |= self._wrong(found, workspace.directory)
            if not wrong:
                return todo
            todo = self._without(todo, wrong)

    def _planned(self, side: str, todo: list[Job], state: Mapping[str, Any] | None) -> tuple[list[Job], dict[str, Any]]:
        """The plan of all that can be planned."""
        while True:
            workspace = self._write(side, todo, state)
            done = workspace.run("plan", "-json", "-lock=false", "-refresh=false", "-out=plan.bin", check=False)
            if done.returncode == 0:
                plan: dict[str, Any] = json.loads(workspace.run("show", "-json", "plan.bin").stdout)
                return todo, plan
            lines = [json.loads(line) for line in done.stdout.splitlines()]
            errors = [line["diagnostic"] for line in lines if line.get("@level") == "error"]
            todo = self._without(todo, self._wrong(errors, workspace.directory))

    def _wrong(self, diagnostics: Sequence[Mapping[str, Any]], directory: Path) -> dict[str, str]:
        """What terraform says of which module."""
        wrong: dict[str, str] = {}
        for found in diagnostics:
            for key in self._keys(found, directory):
                wrong.setdefault(key, f"{found['summary']}: {found['detail']}".strip(": "))
        if diagnostics and not wrong:
            raise tf_harness.TerraformError(json.dumps(diagnostics, indent=1)[:4000])
        return wrong

    def _without(self, todo: list[Job], wrong: Mapping[str, str]) -> list[Job]:
        for job in todo:
            if job.key in wrong:
                self.corpus.refused[job.case] = wrong[job.key]
        left = [job for job in todo if job.case not in self.corpus.refused]
        if len(left) == len(todo):
            raise tf_harness.TerraformError(f"these are in no case: {wrong}")
        return left

    @staticmethod
    def _keys(place: Mapping[str, Any], directory: Path) -> list[str]:
        """The modules that a diagnostic is about."""
        text = json.dumps(place)
        found = re.search(r"trees/(c\d{4})", text) or re.search(r"module\.(c\d{4})", text)
        if found is None and place.get("range", {}).get("filename") == "main.tf":
            above = (directory / "main.tf").read_text().splitlines()[: place["range"]["start"]["line"]]
            names = re.findall(r'^module "(c\d{4})"', "\n".join(above), re.MULTILINE)
            return names[-1:]
        return [found[1]] if found else []

    def _write(self, side: str, todo: Sequence[Job], state: Mapping[str, Any] | None = None) -> tf_harness.Workspace:
        top = self.directory / side
        shutil.rmtree(top, ignore_errors=True)
        calls = []
        for job in todo:
            path = job.base_path if side == "base" else job.head_path
            if path is None:
                continue
            tree = top / "trees" / job.key
            shutil.copytree(job.folder / side, tree)
            self._adapt(tree, tree / path)
            source = f"./trees/{job.key}" + ("" if path == "." else f"/{path}")
            calls.append(f'module "{job.key}" {{\n  source = "{source}"\n{_assignments(tree / path)}\n}}\n')
        settings = tf_harness.provider_settings(self.endpoint)
        head = f'{PROVIDER}\nprovider "aws" {{\n  region = "us-east-1"\n{settings}}}\n'
        (top / "main.tf").write_text(head + "\n".join(calls))
        if state is not None:
            keys = {job.key for job in todo}
            left = [r for r in state["resources"] if r["module"].split(".")[1] in keys]
            (top / "terraform.tfstate").write_text(json.dumps({**state, "resources": left}))
        workspace = tf_harness.Workspace(top, self.program, self.env)
        workspace.init()
        return workspace

    def _adapt(self, tree: Path, root: Path) -> None:
        """Provider version and provider settings, by override files, so that no line of the case changes."""
        for directory in {p.parent for p in tree.rglob("*.tf")}:
            text = "\n".join(p.read_text() for p in directory.glob("*.tf"))
            if "required_providers" in text or "required_version" in text:
                (directory / "version_override.tf").write_text(PROVIDER)
        providers = []
        for file in sorted(root.glob("*.tf")):
            try:
                blocks = hcl_blocks.read(file).of("provider")
            except ValueError:
                continue
            for block in blocks:
                alias = f"  alias = {block.text('alias')}\n" if block.text("alias") else ""
                settings = tf_harness.provider_settings(self.endpoint)
                providers.append(f'provider "aws" {{\n  region = "us-east-1"\n{alias}{settings}}}\n')
        if providers:
            (root / "provider_override.tf").write_text("\n".join(providers))

    def _state(self, todo: list[Job]) -> tuple[list[Job], dict[str, Any]]:
        """The state in which everything of base has been created."""
        known: dict[str, dict[str, Any]] = {}
        for number in range(_ROUNDS):
            state = state_of(known.values(), number)
            todo, plan = self._planned("base", todo, state)
            providers = Providers(plan["configuration"])
            new = [
                change
                for change in plan["resource_changes"]
                if change["mode"] == "managed" and change["change"]["actions"] == ["create"]
            ]
            settled = [change for change in new if providers.settled(change)]
            known |= {change["address"]: providers.instance(change) for change in settled}
            if len(settled) == len(new):
                return todo, state_of(known.values(), number + 1)
            if not settled:
                raise AssertionError(f"these never become known: {[c['address'] for c in new]}")
        raise AssertionError(f"not everything was known after {_ROUNDS} rounds")


class Providers:
    """What the configuration of a plan says about its resources."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self.blocks: dict[str, Mapping[str, Any]] = {}
        self.providers: Mapping[str, Any] = configuration.get("provider_config", {})
        pending: list[tuple[str, Mapping[str, Any]]] = [("", configuration["root_module"])]
        while pending:
            prefix, module = pending.pop()
            for block in module.get("resources", []):
                self.blocks[prefix + block["address"]] = block
            for name, call in module.get("module_calls", {}).items():
                pending.append((f"{prefix}module.{name}.", call["module"]))

    def block(self, address: str) -> Mapping[str, Any]:
        return self.blocks[re.sub(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]', "", address)]

    def settled(self, change: Mapping[str, Any]) -> bool:
        """Whether everything that the configuration sets is known."""
        expressions = self.block(change["address"]).get("expressions", {})
        return not any(_any(v) for k, v in change["change"]["after_unknown"].items() if k in expressions)

    def instance(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """The resource as a state file has it, what only the account knows made up."""
        kind, after = change["type"], dict(change["change"]["after"])
        unknown = change["change"]["after_unknown"]
        module = change.get("module_address", "")
        key = self.block(change["address"])["provider_config_key"]
        if "expressions" not in self.providers.get(key, {}):
            key = "aws"  # the module has no provider of its own: the root module's
        owner, _, provider = key.rpartition(":")
        alias = provider.partition(".")[2]
        prefix = "".join(f"module.{p.rpartition('module.')[2]}." for p in owner.split(".module.") if p)
        name = f'{prefix}provider["registry.terraform.io/hashicorp/aws"]' + (f".{alias}" if alias else "")
        for attribute in [n for n, v in unknown.items() if v is True]:
            after[attribute] = made_up(kind, attribute, after, change["address"])
        instance = {"schema_version": 0, "attributes": after, "sensitive_attributes": []}
        if "index" in change:
            instance["index_key"] = change["index"]
        return {
            "module": module,
            "mode": "managed",
            "type": kind,
            "name": change["name"],
            "provider": name,
            "instance": instance,
        }


def _any(mark: Any) -> bool:
    if isinstance(mark, dict):
        return any(map(_any, mark.values()))
    return any(map(_any, mark)) if isinstance(mark, list) else mark is True


def state_of(instances: Any, serial: int) -> dict[str, Any]:
    """A state file (format 4)."""
    resources: dict[tuple[str, ...], dict[str, Any]] = {}
    for found in instances:
        head = {k: v for k, v in found.items() if k != "instance" and v}
        resource = resources.setdefault(tuple(head.values()), head | {"instances": []})
        resource["instances"].append(found["instance"])
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": serial,
        "lineage": "7a4c1f0e-0000-4000-8000-000000000000",
        "outputs": {},
        "resources": list(resources.values()),
        "check_results": None,
    }


_NAMES = {
    "aws_s3_bucket": "bucket",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_iam_account_alias": "account_alias",
}
_ARN_IDS = ("aws_iam_policy", "aws_sns_topic")
_NAME_IDS = (
    "aws_iam_user",
    "aws_iam_group",
    "aws_iam_role",
    "aws_s3_bucket",
    "aws_cloudwatch_log_group",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_metric_alarm",
    "aws_cloudtrail",
    "aws_kms_alias",
)


def made_up(kind: str, attribute: str, values: Mapping[str, Any], address: str) -> Any:
    """What the account would have answered."""
    digest = hashlib.sha256(re.sub(r"^module\.c\d{4}\.", "", address).encode()).hexdigest()
    name = values.get(_NAMES.get(kind, "name")) or digest[:12]
    if attribute == "id":
        if kind in _ARN_IDS:
            return made_up(kind, "arn", values, address)
        return name if kind in _NAME_IDS else f"{kind.rpartition('_')[2]}-{digest[:17]}"
    if attribute == "key_id":
        return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
    if attribute == "arn":
        if kind == "aws_s3_bucket":
            return f"arn:aws:s3:::{name}"
        if kind == "aws_kms_key":
            return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{made_up(kind, 'key_id', values, address)}"
        path = values.get("path") or "/"
        if kind.startswith("aws_iam_"):
            return f"arn:aws:iam::{ACCOUNT}:{kind.removeprefix('aws_iam_')}{path}{name}"
        service = {"aws_cloudwatch_log_group": "logs", "aws_cloudwatch_event_rule": "events"}.get(
            kind, kind.split("_")[1]
        )
        separator = ":" if kind in ("aws_cloudwatch_log_group", "aws_sns_topic", "aws_sqs_queue") else "/"
        part_of = {"aws_cloudwatch_log_group": "log-group:", "aws_cloudtrail": "trail/"}.get(kind, "")
        middle = part_of or ("" if separator == ":" else f"{kind.rpartition('_')[2]}/")
        return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{middle}{name}"
    if attribute == "unique_id":
        return f"AIDA{digest[:16].upper()}"
    return {} if attribute == "tags_all" else None


# -- taking the plan apart


def part(plan: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The plan of one module, as though it had been planned on its own."""
    prefix = f"module.{key}."

    def local(address: str) -> str:
        return address.removeprefix(prefix) if address != prefix[:-1] else ""

    def resource(item: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(item)
        for name in ("address", "module_address", "previous_address"):
            if name in found:
                found[name] = local(found[name])
        if not found.get("module_address"):
            found.pop("module_address", None)
        return found

    def module(item: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(item)
        if "address" in found:
            found["address"] = local(found["address"])
        found["resources"] = [resource(r) for r in item.get("resources", [])]
        found["child_modules"] = [module(m) for m in item.get("child_modules", [])]
        return found

    modules = plan.get("prior_state", {}).get("values", {}).get("root_module", {}).get("child_modules", [])
    own = [module(m) for m in modules if m["address"] == prefix[:-1]]
    for found in own:
        found.pop("address")
    calls = plan["configuration"]["root_module"].get("module_calls", {})
    return {
        "format_version": plan["format_version"],
        "terraform_version": plan["terraform_version"],
        "planned_values": {},
        "resource_changes": [resource(c) for c in plan["resource_changes"] if c["address"].startswith(prefix)],
        "prior_state": {"format_version": "1.0", "values": {"root_module": own[0]}} if own else {},
        "configuration": {"root_module": calls.get(key, {}).get("module", {})},
        "complete": True,
        "errored": False,
    }
