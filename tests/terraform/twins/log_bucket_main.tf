# Twin of terraform/modules/log-bucket/main.tf for AWS provider 3.39.0, which knows one resource for a bucket and all its
# settings. Only the tests use it: policies and access block are those of the module itself.

resource "aws_s3_bucket" "logs" {
  bucket = var.bucket_name
  acl    = "private"
  tags   = var.tags

  versioning {
    enabled    = true
    mfa_delete = var.mfa_delete
  }

  server_side_encryption_configuration {
    rule {
      bucket_key_enabled = true

      apply_server_side_encryption_by_default {
        sse_algorithm     = "aws:kms"
        kms_master_key_id = var.kms_key_arn
      }
    }
  }

  lifecycle_rule {
    id                                     = "retention"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 7

    dynamic "transition" {
      for_each = var.archive_after_days > 0 ? [var.archive_after_days] : []

      content {
        days          = transition.value
        storage_class = "GLACIER"
      }
    }

    dynamic "expiration" {
      for_each = var.retention_days > 0 ? [var.retention_days] : []

      content {
        days = expiration.value
      }
    }

    dynamic "noncurrent_version_expiration" {
      for_each = var.retention_days > 0 ? [var.retention_days] : []

      content {
        days = noncurrent_version_expiration.value
      }
    }
  }

  dynamic "object_lock_configuration" {
    for_each = var.object_lock_days > 0 ? [var.object_lock_days] : []

    content {
      object_lock_enabled = "Enabled"

      rule {
        default_retention {
          mode = var.object_lock_mode
          days = object_lock_configuration.value
        }
      }
    }
  }

  logging {
    target_bucket = local.own_access_bucket ? aws_s3_bucket.access[0].id : var.access_log_bucket_name
    target_prefix = "${var.bucket_name}/"
  }

  lifecycle {
    prevent_destroy = false
  }
}

resource "aws_s3_bucket" "access" {
  count = local.own_access_bucket ? 1 : 0

  bucket = local.access_bucket
  # Provider 3.39.0 knows no BucketOwnerEnforced; this canned ACL is what S3 wanted for access logs then.
  acl  = "log-delivery-write"
  tags = var.tags

  versioning {
    enabled = true
  }

  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "AES256"
      }
    }
  }

  lifecycle_rule {
    id                                     = "retention"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 7

    dynamic "expiration" {
      for_each = var.retention_days > 0 ? [var.retention_days] : []

      content {
        days = expiration.value
      }
    }

    dynamic "noncurrent_version_expiration" {
      for_each = var.retention_days > 0 ? [var.retention_days] : []

      content {
        days = noncurrent_version_expiration.value
      }
    }
  }

  lifecycle {
    prevent_destroy = false
  }
}
