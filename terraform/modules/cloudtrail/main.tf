locals {
  partition  = data.aws_partition.current.partition
  account_id = data.aws_caller_identity.current.account_id
  # `id` is the name of the region in every version of the provider; `name` is deprecated from 6.0 on.
  region = data.aws_region.current.id

  # The ARN is put together by hand: bucket and key must name the trail before it exists.
  trail_arn      = "arn:${local.partition}:cloudtrail:${local.region}:${local.account_id}:trail/${var.name}"
  log_group_name = "/cloudtrail/${var.name}"
  log_group_arn  = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group_name}"

  own_key     = var.kms_key_arn == null
  kms_key_arn = local.own_key ? aws_kms_key.this[0].arn : var.kms_key_arn

  own_bucket  = var.existing_bucket_name == null
  bucket_name = local.own_bucket ? module.log_bucket[0].bucket_name : var.existing_bucket_name
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

module "log_bucket" {
  source = "../log-bucket"
  count  = local.own_bucket ? 1 : 0

  bucket_name            = var.bucket_name
  trail_arn              = local.trail_arn
  organization_id        = var.organization_id
  key_prefix             = var.key_prefix
  kms_key_arn            = local.kms_key_arn
  retention_days         = var.log_bucket.retention_days
  archive_after_days     = var.log_bucket.archive_after_days
  object_lock_days       = var.log_bucket.object_lock_days
  object_lock_mode       = var.log_bucket.object_lock_mode
  mfa_delete             = var.log_bucket.mfa_delete
  access_log_bucket_name = var.log_bucket.access_log_bucket_name
  administrator_arns     = var.log_bucket.administrator_arns
  tags                   = var.tags
}

resource "aws_cloudtrail" "this" {
  name           = var.name
  s3_bucket_name = local.bucket_name
  s3_key_prefix  = var.key_prefix == "" ? null : var.key_prefix
  kms_key_id     = local.kms_key_arn
  sns_topic_name = aws_sns_topic.this.name
  tags           = var.tags

  enable_logging                = true
  enable_log_file_validation    = true
  is_multi_region_trail         = var.is_multi_region_trail
  include_global_service_events = var.include_global_service_events
  is_organization_trail         = var.organization_id != null

  # CloudTrail wants the ARN with :* behind.
  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.this.arn}:*"
  cloud_watch_logs_role_arn  = aws_iam_role.delivery.arn

  # The default selector (every management event) is not written out: the provider would show a difference for ever.
  # As soon as there is one for data events, it says itself that management events are recorded.
  dynamic "event_selector" {
    for_each = length(var.data_events) > 0 ? [var.data_events] : []

    content {
      include_management_events = true
      read_write_type           = "All"

      dynamic "data_resource" {
        for_each = event_selector.value

        content {
          type   = data_resource.key
          values = data_resource.value
        }
      }
    }
  }

  dynamic "advanced_event_selector" {
    for_each = local.advanced_selectors

    content {
      name = advanced_event_selector.key

      dynamic "field_selector" {
        for_each = advanced_event_selector.value

        content {
          field           = field_selector.key
          equals          = field_selector.value.equals
          not_equals      = try(field_selector.value.not_equals, null)
          starts_with     = try(field_selector.value.starts_with, null)
          not_starts_with = try(field_selector.value.not_starts_with, null)
          ends_with       = try(field_selector.value.ends_with, null)
          not_ends_with   = try(field_selector.value.not_ends_with, null)
        }
      }
    }
  }

  dynamic "insight_selector" {
    for_each = var.insight_types

    content {
      insight_type = insight_selector.value
    }
  }

  lifecycle {
    # A trail that is gone records nothing, and its removal is the last event that it records.
    prevent_destroy = true
  }

  # CloudTrail tries key, role and topic when the trail is made.
  depends_on = [aws_iam_role_policy.delivery, aws_sns_topic_policy.this]
}

locals {
  # Advanced selectors replace the default one: without a selector of their own, management events would be off.
  management_events = { "Management events" = { eventCategory = { equals = ["Management"] } } }
  advanced_selectors = length(var.advanced_data_events) == 0 ? {} : merge(
    { for name, fields in var.advanced_data_events : name => merge({ eventCategory = { equals = ["Data"] } }, fields) },
    local.management_events,
  )
}
