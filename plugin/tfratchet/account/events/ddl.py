"""The statement that makes the table for Athena: ``tfratchet events --print-ddl``.

Columns, SerDe and formats are those of "Create a table for CloudTrail logs in Athena using partition projection"
(Athena user guide). With partition projection nothing has to be loaded and no crawler has to run: Athena works out the
folders from ``account``, ``region`` and ``day``, and reads only those that the query names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from tfratchet.account.events.query import literal
from tfratchet.errors import UserError

_COLUMNS = """\
  eventversion STRING,
  useridentity STRUCT<
    type: STRING,
    principalid: STRING,
    arn: STRING,
    accountid: STRING,
    invokedby: STRING,
    accesskeyid: STRING,
    username: STRING,
    onbehalfof: STRUCT<
      userid: STRING,
      identitystorearn: STRING>,
    sessioncontext: STRUCT<
      attributes: STRUCT<
        mfaauthenticated: STRING,
        creationdate: STRING>,
      sessionissuer: STRUCT<
        type: STRING,
        principalid: STRING,
        arn: STRING,
        accountid: STRING,
        username: STRING>,
      ec2roledelivery: STRING,
      webidfederationdata: STRUCT<
        federatedprovider: STRING,
        attributes: MAP<STRING, STRING>>>>,
  eventtime STRING,
  eventsource STRING,
  eventname STRING,
  awsregion STRING,
  sourceipaddress STRING,
  useragent STRING,
  errorcode STRING,
  errormessage STRING,
  requestparameters STRING,
  responseelements STRING,
  additionaleventdata STRING,
  requestid STRING,
  eventid STRING,
  readonly STRING,
  resources ARRAY<STRUCT<
    arn: STRING,
    accountid: STRING,
    type: STRING>>,
  eventtype STRING,
  apiversion STRING,
  recipientaccountid STRING,
  serviceeventdetails STRING,
  sharedeventid STRING,
  vpcendpointid STRING,
  vpcendpointaccountid STRING,
  eventcategory STRING,
  addendum STRUCT<
    reason: STRING,
    updatedfields: STRING,
    originalid: STRING,
    originaleventid: STRING>,
  sessioncredentialfromconsole STRING,
  edgedevicedetails STRING,
  tlsdetails STRUCT<
    tlsversion: STRING,
    ciphersuite: STRING,
    clientprovidedhostheader: STRING>"""

_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")

PARTITIONS = frozenset({"account", "region", "day"})
"""The columns that the table is divided by."""


def ddl(
    bucket: str,
    prefix: str,
    table: str,
    *,
    database: str = "",
    organization: str = "",
    accounts: Sequence[str] = (),
    regions: Sequence[str] = (),
    since: date | None = None,
) -> str:
    """``CREATE EXTERNAL TABLE`` for the trail that writes to ``s3://bucket/prefix``.

    ``prefix``: what stands before ``AWSLogs`` (also taken: a path into it). ``organization``: id of the organization
    whose trail it is (``o-...``), which adds a level to the paths. Raises UserError for what is no account, region or
    organization, and when ``accounts`` or ``regions`` are missing: projection has to know them.
    """
    for option, values, pattern, shape in (
        ("--organization", [organization] if organization else [], _ORGANIZATION, "o-a1b2c3d4e5"),
        ("--account", accounts, _ACCOUNT, "123456789012"),
        ("--region", regions, _REGION, "eu-central-1"),
    ):
        for value in values:
            if not pattern.fullmatch(value):
                raise UserError(f"'{value}' is not like {shape}", where=option)
    if not accounts:
        raise UserError("--print-ddl needs the accounts", hint="--account 123456789012, once for each")
    if not regions:
        raise UserError("--print-ddl needs the regions", hint="--region us-east-1, once for each")
    before = re.split(r"(?:^|/)AWSLogs(?:/|$)", prefix, maxsplit=1)[0].strip("/")
    top = "/".join(p for p in (f"s3://{bucket}", before, "AWSLogs", organization) if p)
    name = ".".join(f"`{n.replace('`', '')}`" for n in (database, table) if n)
    properties = {
        "projection.enabled": "true",
        "projection.account.type": "enum",
        "projection.account.values": ",".join(dict.fromkeys(accounts)),
        "projection.region.type": "enum",
        "projection.region.values": ",".join(dict.fromkeys(regions)),
        "projection.day.type": "date",
        "projection.day.format": "yyyy/MM/dd",
        "projection.day.range": f"{since or date(2020, 1, 1):%Y/%m/%d},NOW",
        "projection.day.interval": "1",
        "projection.day.interval.unit": "DAYS",
        "storage.location.template": f"{top}/${{account}}/CloudTrail/${{region}}/${{day}}",
    }
    told = ",\n".join(f"  {literal(k)} = {literal(v)}" for k, v in properties.items())
    return f"""\
CREATE EXTERNAL TABLE IF NOT EXISTS {name} (
{_COLUMNS}
)
PARTITIONED BY (
  `account` STRING,
  `region` STRING,
  `day` STRING
)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION {literal(top + "/")}
TBLPROPERTIES (
{told}
)
"""
