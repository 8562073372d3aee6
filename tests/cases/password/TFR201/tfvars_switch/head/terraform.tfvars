# harden = true
