module "topic" {
  source = "github.com/example/terraform-sns?ref=4.1"
  name   = "topic"
}

module "queue" {
  source             = "github.com/example/terraform-sqs?ref=4.1"
  sqs_name           = "queue"
  existing_user_name = module.topic.user_name
}
