resource "aws_kms_key" "this" {
  count = local.own_key ? 1 : 0

  description             = "Encrypts the logs of the trail ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        # Without this statement nobody could ever change the key again.
        {
          Sid       = "Administration"
          Effect    = "Allow"
          Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
          Action    = "kms:*"
          Resource  = "*"
        },
        {
          Sid       = "CloudTrailEncrypts"
          Effect    = "Allow"
          Principal = { Service = "cloudtrail.amazonaws.com" }
          Action    = "kms:GenerateDataKey*"
          Resource  = "*"
          Condition = {
            StringEquals = { "aws:SourceArn" = local.trail_arn }
            StringLike = {
              "kms:EncryptionContext:aws:cloudtrail:arn" = var.organization_id == null ? local.trail_arn : "arn:${local.partition}:cloudtrail:*:*:trail/*"
            }
          }
        },
        {
          Sid       = "CloudTrailReadsKey"
          Effect    = "Allow"
          Principal = { Service = "cloudtrail.amazonaws.com" }
          Action    = "kms:DescribeKey"
          Resource  = "*"
          Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
        },
        {
          Sid       = "CloudTrailNotifies"
          Effect    = "Allow"
          Principal = { Service = "cloudtrail.amazonaws.com" }
          Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
          Resource  = "*"
          Condition = {
            StringEquals = {
              "aws:SourceArn"                          = local.trail_arn
              "kms:EncryptionContext:aws:sns:topicArn" = local.topic_arn
            }
          }
        },
        {
          Sid       = "CloudWatchLogs"
          Effect    = "Allow"
          Principal = { Service = "logs.${local.region}.${data.aws_partition.current.dns_suffix}" }
          Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
          Resource  = "*"
          Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = local.log_group_arn } }
        },
      ],
      # Readers may decrypt log files, nothing else that this key encrypts.
      [
        for principals in [var.log_reader_principal_arns] : {
          Sid       = "ReadersDecrypt"
          Effect    = "Allow"
          Principal = { AWS = sort(principals) }
          Action    = "kms:Decrypt"
          Resource  = "*"
          Condition = { Null = { "kms:EncryptionContext:aws:cloudtrail:arn" = "false" } }
        } if length(principals) > 0
      ],
    )
  })

  lifecycle {
    # With the key go all logs that it encrypts.
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "this" {
  count = local.own_key ? 1 : 0

  name          = "alias/cloudtrail-${var.name}"
  target_key_id = aws_kms_key.this[0].key_id
}
