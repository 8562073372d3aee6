"""Checks of the bucket that a trail writes to; any other bucket is not spoken of."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_account__ import Node
    from tfratchet_checks.__tfr_check__ import ResourceCheck
    from tfratchet_checks.__tfr_policy__ import Document
    from tfratchet_checks.__tfr_protected__ import trails_of
    from tfratchet_checks.__tfr_values__ import Unresolved, text_of
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_account__ import Node
    from __tfr_check__ import ResourceCheck
    from __tfr_policy__ import Document
    from __tfr_protected__ import trails_of
    from __tfr_values__ import Unresolved, text_of


class LogBucketCheck(ResourceCheck):
    """A check of the bucket of a trail, with what stands in resources beside it."""

    types = ("aws_s3_bucket",)

    def judge(self) -> Any:
        if not trails_of(self.account, self.node, "s3_bucket_name"):
            return self.not_for_this()
        return self.judge_bucket()

    @abstractmethod
    def judge_bucket(self) -> Any:
        """The verdict on the bucket of a trail."""

    def beside(self, type_: str) -> list[Node]:
        """The resources of a type whose ``bucket`` is this one."""
        return [n for n in self.account.of_type(type_) if self._is_mine(n)]

    def elsewhere(self, type_: str) -> bool:
        """True when a resource of the type is for a bucket that could not be worked out, so perhaps for this one."""
        for node in self.account.of_type(type_):
            value = node.block.text("bucket")
            if node.root != self.node.root or not isinstance(value, Unresolved) or self._is_mine(node):
                continue
            if not self.account.refers(node, value, "aws_s3_bucket"):
                return True
        return False

    def _is_mine(self, node: Node) -> bool:
        value = node.block.text("bucket")
        if value is None:
            return False
        if isinstance(value, Unresolved) and self.node in self.account.refers(node, value, "aws_s3_bucket"):
            return True
        text = text_of(value)
        mine = {text_of(v) for v in map(self.block.text, ("bucket", "id")) if v}
        return text in mine and (isinstance(value, str) or node.root == self.node.root)

    def policy(self) -> Document:
        """Everything that the bucket's policies say: inline, and in ``aws_s3_bucket_policy``."""
        document = self.account.document(self.node, self.block.conf.get("policy")) or Document(())
        for node in self.beside("aws_s3_bucket_policy"):
            document = document.joined(self.account.document(node, node.block.conf.get("policy")) or Document(()))
        if self.elsewhere("aws_s3_bucket_policy"):
            document = document.joined(Document((), complete=False, why="a policy of a bucket that is not known"))
        return document
