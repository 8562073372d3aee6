locals {
  partition  = data.aws_partition.current.partition
  account_id = data.aws_caller_identity.current.account_id

  # ARNs are made from names, so that the policies can be read in the plan of the first apply already.
  bucket_arn        = "arn:${local.partition}:s3:::${var.bucket_name}"
  own_access_bucket = var.access_log_bucket_name == null
  access_bucket     = local.own_access_bucket ? "${var.bucket_name}-access" : var.access_log_bucket_name
  access_bucket_arn = "arn:${local.partition}:s3:::${local.access_bucket}"

  key_prefix = var.key_prefix == "" ? "" : "${var.key_prefix}/"

  # Where CloudTrail writes: this account's folder, and the organization's for an organization trail.
  log_folders = [
    for owner in concat([local.account_id], var.organization_id == null ? [] : [var.organization_id]) :
    "${local.bucket_arn}/${local.key_prefix}AWSLogs/${owner}/*"
  ]

  tls_statements = {
    for arn in [local.bucket_arn, local.access_bucket_arn] : arn => [
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [arn, "${arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "DenyOldTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [arn, "${arn}/*"]
        Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
      },
    ]
  }

  policy_document = {
    Version = "2012-10-17"
    Statement = concat(
      [
        # aws:SourceArn binds the service to this trail: without it anybody's trail could write here (confused deputy).
        {
          Sid       = "CloudTrailReadsAcl"
          Effect    = "Allow"
          Principal = { Service = "cloudtrail.amazonaws.com" }
          Action    = "s3:GetBucketAcl"
          Resource  = local.bucket_arn
          Condition = { StringEquals = { "aws:SourceArn" = var.trail_arn } }
        },
        {
          Sid       = "CloudTrailWrites"
          Effect    = "Allow"
          Principal = { Service = "cloudtrail.amazonaws.com" }
          Action    = "s3:PutObject"
          Resource  = local.log_folders
          Condition = { StringEquals = { "aws:SourceArn" = var.trail_arn, "s3:x-amz-acl" = "bucket-owner-full-control" } }
        },
      ],
      local.tls_statements[local.bucket_arn],
      [
        for principals in [var.administrator_arns] : {
          Sid       = "DenyTampering"
          Effect    = "Deny"
          Principal = "*"
          Action = [
            "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketAcl",
            "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
          ]
          Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
          Condition = { ArnNotLike = { "aws:PrincipalArn" = sort(principals) } }
        } if length(principals) > 0
      ],
    )
  }

  access_policy_document = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "S3DeliversAccessLogs"
          Effect    = "Allow"
          Principal = { Service = "logging.s3.amazonaws.com" }
          Action    = "s3:PutObject"
          Resource  = "${local.access_bucket_arn}/${var.bucket_name}/*"
          Condition = { StringEquals = { "aws:SourceAccount" = local.account_id }, ArnLike = { "aws:SourceArn" = local.bucket_arn } }
        },
      ],
      local.tls_statements[local.access_bucket_arn],
    )
  }
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket = aws_s3_bucket.logs.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode(local.policy_document)

  # S3 refuses the two at the same time ("conflicting conditional operation").
  depends_on = [aws_s3_bucket_public_access_block.logs]
}

resource "aws_s3_bucket_public_access_block" "access" {
  count = local.own_access_bucket ? 1 : 0

  bucket = aws_s3_bucket.access[0].id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "access" {
  count = local.own_access_bucket ? 1 : 0

  bucket = aws_s3_bucket.access[0].id
  policy = jsonencode(local.access_policy_document)

  depends_on = [aws_s3_bucket_public_access_block.access]
}
