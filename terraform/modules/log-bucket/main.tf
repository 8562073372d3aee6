# Buckets and their settings, as provider 4 and later split them. The tests apply a twin of this file for provider
# 3.39.0; policies, access block and all else are in policy.tf, which both share.

resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV_AWS_144:a copy in another region is the business of the account that keeps the logs
  #checkov:skip=CKV2_AWS_62:CloudTrail itself tells of each log file, by the topic of the trail
  #checkov:skip=CKV_TFR_307:only root can switch MFA delete on, by hand with its device; then set mfa_delete
  bucket              = var.bucket_name
  object_lock_enabled = var.object_lock_days > 0
  tags                = var.tags

  lifecycle {
    # The record of what happened must outlive the configuration.
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    # No ACL counts any more: only the bucket policy does.
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id

  versioning_configuration {
    status     = "Enabled"
    mfa_delete = var.mfa_delete ? "Enabled" : null
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "retention"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

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

    # An overwritten or deleted log is kept as long as one that was left alone.
    dynamic "noncurrent_version_expiration" {
      for_each = var.retention_days > 0 ? [var.retention_days] : []

      content {
        noncurrent_days = noncurrent_version_expiration.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.logs]
}

resource "aws_s3_bucket_object_lock_configuration" "logs" {
  count = var.object_lock_days > 0 ? 1 : 0

  bucket = aws_s3_bucket.logs.id

  rule {
    default_retention {
      mode = var.object_lock_mode
      days = var.object_lock_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.logs]
}

resource "aws_s3_bucket_logging" "logs" {
  bucket        = aws_s3_bucket.logs.id
  target_bucket = local.own_access_bucket ? aws_s3_bucket.access[0].id : var.access_log_bucket_name
  target_prefix = "${var.bucket_name}/"
}

# Who read the logs. Made here unless a bucket for access logs exists.
resource "aws_s3_bucket" "access" {
  count = local.own_access_bucket ? 1 : 0

  #checkov:skip=CKV_AWS_18:this is the bucket that access logs go to; logging it to itself would never end
  #checkov:skip=CKV_AWS_145:S3 delivers access logs only to buckets encrypted with SSE-S3
  #checkov:skip=CKV_AWS_144:a copy in another region is the business of the account that keeps the logs
  #checkov:skip=CKV2_AWS_62:nothing waits for access logs
  bucket = local.access_bucket
  tags   = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_ownership_controls" "access" {
  count = local.own_access_bucket ? 1 : 0

  bucket = aws_s3_bucket.access[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "access" {
  count = local.own_access_bucket ? 1 : 0

  bucket = aws_s3_bucket.access[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "access" {
  count = local.own_access_bucket ? 1 : 0

  bucket = aws_s3_bucket.access[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "access" {
  count = local.own_access_bucket ? 1 : 0

  bucket = aws_s3_bucket.access[0].id

  rule {
    id     = "retention"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
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
        noncurrent_days = noncurrent_version_expiration.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.access]
}
