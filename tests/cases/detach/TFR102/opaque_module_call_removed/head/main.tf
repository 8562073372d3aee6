module "topic" {
  source = "github.com/example/terraform-sns?ref=4.1"
  name   = "topic"
}

