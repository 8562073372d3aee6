minimum_length = 20
