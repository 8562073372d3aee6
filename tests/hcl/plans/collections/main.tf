locals {
  m = { b = 2, a = 1, c = 3 }
  l = ["x", "y", "z"]
  objects = [
    { name = "a", tags = ["t1", "t2"], sub = { v = 1 } },
    { name = "b", tags = [], sub = { v = 2 } },
  ]
  nested = { x = { y = { z = "deep" } } }
}

output "for_list" { value = [for v in local.l : upper(v)] }
output "for_index" { value = [for i, v in local.l : "${i}${v}"] }
output "for_map" { value = { for k, v in local.m : k => v * 2 if v != 2 } }
output "for_group" { value = { for o in local.objects : length(o.tags) > 0 ? "some" : "none" => o.name... } }
output "for_set" { value = [for v in toset(["b", "a", "b"]) : v] }
output "for_set_keys" { value = [for k, v in toset(["b", "a"]) : "${k}${v}"] }
output "for_nested" { value = flatten([for o in local.objects : [for t in o.tags : "${o.name}-${t}"]]) }
output "splat" { value = local.objects[*].name }
output "splat_deep" { value = local.objects[*].sub.v }
output "attr_splat" { value = local.objects.*.tags }
output "attr_splat_index" { value = local.objects.*.name[1] }
output "full_splat_index" { value = length(local.objects[*].sub["v"]) == 2 ? "y" : "n" }
output "splat_single" { value = local.nested[*].x.y.z }
output "splat_null" { value = null[*] }
output "index" { value = [local.l[1], local.m["a"], local.nested.x["y"].z, local.l.0] }
output "keys" { value = keys(local.m) }
output "object_keys" { value = { "quoted" = 1, bare = 2, (local.l[0]) = 3, "${local.l[1]}-t" = 4, 5 = 6, true = 7 } }
output "conditional" { value = [true ? 1 : 2, false ? "a" : "b", length(local.l) > 2 ? "many" : "few"] }
output "operators" { value = [1 + 2 * 3 - 4 / 2, 7 % 3, -5, !true, 1 < 2 && 2 <= 2, 3 > 4 || 4 >= 4, 1 == 1, "a" != "b"] }
output "precedence" { value = [!false && false, -1 + 2, 2 + 3 == 5 ? "y" : "n", (1 + 2) * 3, true || false && false] }
output "null_in_object" { value = { a = null, b = [null] } }
output "try" { value = [try(local.m.zz, "d"), try(local.nested.x.q, local.nested.x.y.z), can(local.l[9]), can(local.l[0])] }
output "expand" { value = concat([["a"], ["b"]]...) }
output "coalesce" { value = coalesce(null, "", "c") }
output "merge" { value = merge({ a = 1 }, { b = 2, a = 3 }, null) }
output "legacy_index" { value = local.objects.0.sub.v }
output "heredoc_in_object" {
  value = {
    a = <<-EOT
      text
    EOT
    b = 1
  }
}

resource "terraform_data" "counted" {
  count = length(local.l)
  input = "${count.index}-${local.l[count.index]}"
}

resource "terraform_data" "mapped" {
  for_each = { for o in local.objects : o.name => o }
  input    = { key = each.key, tags = each.value.tags, first = try(each.value.tags[0], "none") }
}

resource "terraform_data" "by_set" {
  for_each = toset(concat(local.l, ["x"]))
  input    = [each.key, each.value]
}

resource "terraform_data" "off" {
  count = length(local.l) > 5 ? 1 : 0
  input = "never"
}

output "counted_refs" { value = terraform_data.counted[*].input }
output "mapped_refs" { value = { for k, v in terraform_data.mapped : k => v.input.key } }
output "off_refs" { value = one(terraform_data.off[*].input) }

output "chained_conditionals" {
  value = [for n in [1, 2, 3, 4] : n == 1 ? "one" : n == 2 ? "two" : n == 3 ? "three" : "many"]
}

output "for_over_an_object_goes_by_key" {
  value = [for k, v in { b = 1, a = 2, c = 3 } : "${k}${v}"]
}
