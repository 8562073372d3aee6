# commented out
