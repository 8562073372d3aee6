"""HCL: syntax, evaluation, functions, modules."""
