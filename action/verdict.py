"""Step: the last one; ends the job as ``tfratchet diff`` did: 0 nothing to tell, 1 findings, 2 could not compare."""

from __future__ import annotations

from gh import StepError, say, step, work


def main() -> int:
    """The exit code. Without one, something before this went wrong: never a clean run."""
    file = work() / "exit-code"
    if not file.exists():
        raise StepError("nothing was compared")
    code = int(file.read_text(encoding="ascii"))
    said = ("nothing at or above the threshold", "this change takes away protection", "not everything was compared")
    say(f"tfratchet: {said[code]}")
    return code


if __name__ == "__main__":
    step(main)
