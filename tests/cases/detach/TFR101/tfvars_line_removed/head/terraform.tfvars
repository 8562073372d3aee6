readers = [
  "alice",
]
