"""How a call was made: Terraform, the console, CLI or SDK, an AWS service.

The user agent is a text of the caller's choice: everything here but ``invokedBy`` and the session attributes can be
forged. So nothing is left out of a report because of it, unless the user asks for that.
"""

from __future__ import annotations

from tfratchet.account.events.event import Actor, Via

_TERRAFORM = ("terraform", "opentofu", "pulumi", "crossplane", "terragrunt")
_CONSOLE = ("signin.amazonaws.com", "console.amazonaws.com", "s3console", "console.aws", "aws-console", "lambdaconsole")
_BROWSER = ("mozilla/", "opera/")
_SDK = (
    *("aws-cli/", "boto3/", "botocore/", "aws-sdk-", "aws-sdk/", "awspowershell", "aws-tools-", "aws-toolkit"),
    *("aws-internal/", "aws cli", "cloudshell", "curl/", "python-requests/", "powerpipe", "steampipe", "ansible"),
)


def via(agent: str, ip: str, actor: Actor) -> Via:
    """How the call was made. A tool that names itself comes before the session it uses: ``aws-cli`` in CloudShell runs
    on credentials of the console.
    """
    text = agent.lower()
    if actor.kind == "AWSService":
        return Via.SERVICE
    if any(word in text for word in _TERRAFORM):
        return Via.TERRAFORM
    if any(word in text for word in _CONSOLE):
        return Via.CONSOLE
    if text == "aws internal" or text.endswith(".amazonaws.com") or ip.endswith(".amazonaws.com"):
        return Via.CONSOLE if actor.from_console else Via.SERVICE
    if actor.from_console and not text.startswith(("aws-cli/", "boto3/", "botocore/")):
        return Via.CONSOLE
    if any(word in text for word in _SDK):
        return Via.SDK
    if actor.invoked_by and actor.invoked_by != "AWS Internal":
        return Via.SERVICE
    return Via.CONSOLE if text.startswith(_BROWSER) else Via.OTHER
