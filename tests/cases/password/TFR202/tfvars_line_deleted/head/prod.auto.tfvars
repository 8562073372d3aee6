max_password_age = 60
