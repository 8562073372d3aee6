"""Attributes that the provider computes and that follow from the configuration all the same.

Everything else that is not configured is unknown before apply: a reference to the resource's address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfratchet.values import REF_CLOSE, REF_OPEN, Unknown, Value

if TYPE_CHECKING:
    from tfratchet.hcl.instances import Instance

# Types whose ``id`` is another argument or attribute (registry.terraform.io/providers/hashicorp/aws, "Attribute
# Reference" of each resource).
_ID_IS = {
    "aws_iam_user": "name",
    "aws_iam_group": "name",
    "aws_iam_role": "name",
    "aws_iam_instance_profile": "name",
    "aws_iam_policy": "arn",
    "aws_iam_account_alias": "account_alias",
    "aws_s3_bucket": "bucket",
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_event_rule": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_cloudtrail": "name",
    "aws_sns_topic": "arn",
    "aws_kms_key": "key_id",
    "aws_kms_alias": "name",
}
# Data sources that have one result per provider: who declares them, and under which name, changes nothing.
_PER_PROVIDER = frozenset(["aws_caller_identity", "aws_partition", "aws_region", "aws_iam_account_alias"])
# Attributes of these that hold the same (``region`` is what version 6 of the provider calls the name of a region).
_SAME_ATTRIBUTE = {
    ("aws_caller_identity", "id"): "account_id",
    ("aws_partition", "id"): "partition",
    ("aws_region", "id"): "name",
    ("aws_region", "region"): "name",
}
# Data sources of other types that give back what they are given.
_NAMES_OF_DATA = {
    ("aws_iam_user", "id"): "user_name",
    ("aws_iam_group", "id"): "group_name",
    ("aws_iam_role", "id"): "name",
    ("aws_s3_bucket", "id"): "bucket",
    ("aws_iam_policy", "id"): "arn",
}


def computed_attribute(instance: Instance, name: str) -> Value:
    """The value of an attribute that is not configured."""
    kind = instance.type
    if instance.managed:
        if name == "id" and kind in _ID_IS:
            return instance.attribute(_ID_IS[kind])
        if kind in ("terraform_data", "null_data_source") and name == "output":
            return instance.argument("input")
        return Unknown(f"{instance.expr}.{name}")
    return _data_attribute(instance, name)


def _data_attribute(instance: Instance, name: str) -> Value:
    kind = instance.type
    if kind == "aws_iam_policy_document" and name in ("json", "minified_json"):
        return rendered_document(instance)
    if kind == "template_file" and name == "rendered":
        return _template_file(instance)
    if kind == "local_file" and name == "content":
        return instance.module.call("file", [instance.argument("filename")])
    if kind == "null_data_source" and name == "outputs":
        return instance.argument("inputs")
    if (kind, name) in _NAMES_OF_DATA:
        return instance.attribute(_NAMES_OF_DATA[kind, name])
    if kind in _PER_PROVIDER:
        provider = instance.block.body.attributes.get("provider")
        name = _SAME_ATTRIBUTE.get((kind, name), name)
        alias = "[" + provider.file.text(provider.node).strip() + "]" if provider else ""
        return Unknown(f"{REF_OPEN}data.{kind}{alias}{REF_CLOSE}.{name}")
    return Unknown(f"{instance.expr}.{name}")


def rendered_document(instance: Instance) -> Value:
    """The JSON of an ``aws_iam_policy_document``."""
    from tfratchet.iam.render import render_policy_document

    key = "\x00json"
    if key not in instance.values:
        body = instance.block.body
        names = [n for n in body.attributes if n not in ("count", "for_each", "provider", "depends_on")]
        names += [b.labels[0] if b.type == "dynamic" and b.labels else b.type for b in body.blocks]
        arguments: dict[str, Any] = {}
        for argument in dict.fromkeys(names):
            value = instance.argument(argument)
            if value is not None:
                arguments[argument] = value
        instance.values[key] = render_policy_document(arguments)
    found: Value = instance.values[key]
    return found


def _template_file(instance: Instance) -> Value:
    """``data "template_file"`` of the old template provider: a text or a file with ``vars``."""
    template = instance.argument("template")
    variables: Any = instance.argument("vars")
    if isinstance(variables, list) and len(variables) == 1:
        variables = variables[0]  # Terraform 0.11 wrote it as a block
    if isinstance(variables, list) and len(variables) == 1:
        variables = variables[0]  # Terraform 0.11 wrote ``vars`` as a block
    if template is None and instance.argument("filename") is not None:
        template = instance.module.call("file", [instance.argument("filename")])
    if not isinstance(template, str) or not isinstance(variables, (dict, type(None))):
        return Unknown(f"{instance.expr}.rendered")
    return instance.module.context.render(template, variables or {}, f"{instance.block.file.path}")
