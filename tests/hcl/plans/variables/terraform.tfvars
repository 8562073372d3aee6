a = "tfvars"
b = "tfvars"
n = "7"
o = {
  name = "n"
  list = [{ k = "a" }, { k = "b", v = "w" }]
}
