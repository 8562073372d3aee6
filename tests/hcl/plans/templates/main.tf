locals {
  users = ["alice", "bob"]
  empty = []
  flag  = true
  name  = "x"
}

resource "terraform_data" "heredocs" {
  for_each = {
    plain = <<EOT
hello ${local.name}
  indented
EOT
    flush = <<-EOT
      first
        second ${local.name}

      third
    EOT
    flush_interpolation_first = <<-EOT
      ${local.name} a
        b
    EOT
    loop = <<-EOT
      start
      %{ for u in local.users ~}
      user ${u}
      %{ endfor ~}
      end
    EOT
    loop_no_strip = <<-EOT
      %{ for i, u in local.users }
        ${i}=${u}
      %{ endfor }
    EOT
    condition = <<-EOT
      %{ if local.flag ~}
      yes
      %{ else ~}
      no
      %{ endif ~}
    EOT
    empty_loop = <<EOT
%{ for u in local.empty ~}
never
%{ endfor ~}
EOT
    escapes = <<EOT
$${not} %%{not} \n $ { % { $$ %%
EOT
    json = <<EOT
{"a": "${jsonencode(local.users)}", "b": [%{ for u in local.users }"${u}",%{ endfor }null]}
EOT
    strip_both = <<EOT
a ${~ local.name ~} b
c
EOT
    blank = <<-EOT

      a

        b
    EOT
  }
  input = each.value
}

resource "terraform_data" "quoted" {
  for_each = {
    escapes    = "a\tb\n\"c\" \\ \u00e9 $${x} %%{y}"
    directives = "%{ if local.flag }on%{ else }off%{ endif }-%{ for u in local.users }${u},%{ endfor }"
    strip      = "a  %{~ if local.flag ~}  b  %{~ endif ~}  c"
    number     = "${1 + 1}"
    wrapped    = "${local.flag}"
    nested     = "x${"y${local.name}"}"
    bool       = "is ${local.flag}"
    float      = "v${1.50}"
  }
  input = each.value
}

output "wrap_list" {
  value = "${local.users}"
}

output "template_file" {
  value = templatefile("${path.module}/t.tpl", { users = local.users, name = "n" })
}

output "template_string" {
  value = templatestring(local.tpl, { a = 1 })
}

locals {
  tpl = "a=$${a} %%{ for i in [1, 2] }$${i}%%{ endfor }"
}
