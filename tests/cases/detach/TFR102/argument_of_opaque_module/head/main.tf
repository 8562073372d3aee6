module "topic" {
  source = "github.com/example/terraform-sns?ref=4.1"
  name   = "topic"
}

module "queue" {
  source             = "github.com/example/terraform-sqs?ref=5.0"
  sqs_name = "queue"
}
