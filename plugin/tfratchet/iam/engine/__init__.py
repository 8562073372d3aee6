"""The decision engine: what AWS would answer to a request, after its documented evaluation logic."""
