"""Terraform and OpenTofu plans as a source: from a file to the root modules that the comparison takes.

file ─program.content─► text ─document.read─► Document ─snapshot.roots─► PlanRoots (base, head, before the drift)
"""

from tfratchet.sources.plan.document import Document, read
from tfratchet.sources.plan.program import content
from tfratchet.sources.plan.snapshot import PlanRoots, roots
from tfratchet.sources.plan.values import Masks

__all__ = ["Document", "Masks", "PlanRoots", "content", "read", "roots"]
