locals {
  topic_wanted = var.create_event_rules || var.cloudtrail_log_group_name != null
  key_wanted   = local.topic_wanted && var.topic_kms_key_arn == null

  topic_services = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
}

# An encrypted topic needs a key of its own: the services that publish to it cannot use the key alias/aws/sns.
resource "aws_kms_key" "topic" {
  count = local.key_wanted ? 1 : 0

  description             = "Encrypts notifications of the ${var.name} guard"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Administration"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Publishers"
        Effect    = "Allow"
        Principal = { Service = local.topic_services }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      },
    ]
  })
}

resource "aws_kms_alias" "topic" {
  count = local.key_wanted ? 1 : 0

  name          = "alias/${var.name}-guard"
  target_key_id = aws_kms_key.topic[0].key_id
}

resource "aws_sns_topic" "guard" {
  count = local.topic_wanted ? 1 : 0

  name              = "${var.name}-guard"
  kms_master_key_id = var.topic_kms_key_arn == null ? aws_kms_key.topic[0].arn : var.topic_kms_key_arn
  tags              = var.tags
}

resource "aws_sns_topic_policy" "guard" {
  count = local.topic_wanted ? 1 : 0

  arn = aws_sns_topic.guard[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Rules"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.guard[0].arn
        Condition = { ArnLike = { "aws:SourceArn" = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${var.name}-guard-*" } }
      },
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.guard[0].arn
        Condition = { ArnLike = { "aws:SourceArn" = "arn:${local.partition}:cloudwatch:${local.region}:${local.account_id}:alarm:${var.name}-*" } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.guard[0].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "guard" {
  for_each = local.topic_wanted ? var.subscriptions : {}

  topic_arn = aws_sns_topic.guard[0].arn
  protocol  = each.value.protocol
  endpoint  = each.value.endpoint
}
