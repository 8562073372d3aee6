minimum_password_length = 20
max_password_age        = 60
