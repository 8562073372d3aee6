age = 380
