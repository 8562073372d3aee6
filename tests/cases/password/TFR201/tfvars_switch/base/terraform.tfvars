harden = true
