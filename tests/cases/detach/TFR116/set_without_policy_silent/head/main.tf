# nobody operates it any more
