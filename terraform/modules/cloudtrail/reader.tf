locals {
  bucket_arn = "arn:${local.partition}:s3:::${local.bucket_name}"

  # Reading, and nothing that could change a trail, its logs or their key.
  reader_document = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "LookUpEvents"
        Effect   = "Allow"
        Action   = ["cloudtrail:DescribeTrails", "cloudtrail:ListTrails", "cloudtrail:LookupEvents"]
        Resource = "*"
      },
      {
        Sid      = "ReadTrail"
        Effect   = "Allow"
        Action   = ["cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors", "cloudtrail:GetTrail", "cloudtrail:GetTrailStatus", "cloudtrail:ListTags"]
        Resource = local.trail_arn
      },
      {
        Sid      = "ListLogFiles"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket"]
        Resource = local.bucket_arn
      },
      {
        Sid      = "ReadLogFiles"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = "${local.bucket_arn}/${var.key_prefix == "" ? "" : "${var.key_prefix}/"}AWSLogs/*"
      },
      {
        Sid       = "DecryptLogFiles"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = local.kms_key_arn
        Condition = { Null = { "kms:EncryptionContext:aws:cloudtrail:arn" = "false" } }
      },
      {
        Sid      = "ReadLogGroup"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"]
        Resource = [local.log_group_arn, "${local.log_group_arn}:*"]
      },
      {
        Sid      = "ReadQueryResults"
        Effect   = "Allow"
        Action   = ["logs:GetQueryResults", "logs:StopQuery"]
        Resource = "*"
      },
    ]
  }
}

resource "aws_iam_policy" "reader" {
  name        = "cloudtrail-${var.name}-reader"
  path        = var.path
  description = "Reads the events and log files of the trail ${var.name}"
  policy      = jsonencode(local.reader_document)
  tags        = var.tags
}

resource "aws_iam_group_policy_attachment" "reader" {
  for_each = var.reader_group_names

  group      = each.key
  policy_arn = aws_iam_policy.reader.arn
}
