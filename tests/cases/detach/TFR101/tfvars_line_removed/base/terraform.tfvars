readers = [
  "alice",
  "bob",
]
