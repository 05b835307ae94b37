"""A prompt may end with a question mark, which IPython would take for a call for help."""

import re
from typing import Any

from IPython.core.inputtransformer2 import TokenTransformBase


class ImagineQuestion(TokenTransformBase):
    """Turns ``%imagine what is this?`` into the call of the magic before help is looked for."""

    # Help has 5 and magics 10 and more: whatever has the lowest number goes first.
    priority = 4

    @classmethod
    def find(cls, tokens_by_line: list[list[Any]]) -> "ImagineQuestion | None":
        """Return the transformation of the first such line, or None.

        Parameters
        ----------
        tokens_by_line : list of lists of tokenize.TokenInfo
        """
        for tokens in tokens_by_line:
            words = [token for token in tokens if token.string.strip()]
            if not words:
                continue
            line = words[0].line
            _, percent, call = line.partition("%")
            if _is_question(line, percent, call):
                # Starting at the line's first token, also before an assignment: help looks there.
                return cls(words[0].start)
        return None

    def transform(self, lines: list[str]) -> list[str]:
        """Return the lines with that line as a call of ``run_line_magic``."""
        row = self.start_line
        line = lines[row]
        indent = line[: len(line) - len(line.lstrip())]
        before, _, call = line.strip().partition("%imagine")
        new = f"{indent}{before}get_ipython().run_line_magic('imagine', {call.strip()!r})\n"
        return [*lines[:row], new, *lines[row + 1 :]]


def _is_question(line: str, percent: str, call: str) -> bool:
    before = line.split("%", 1)[0].strip()
    return bool(
        percent
        and line.rstrip().endswith("?")
        and re.match(r"imagine\s", call)
        and call.removeprefix("imagine").strip("? \n")
        and (not before or before.endswith("="))
    )


def install(shell: Any) -> None:
    """Add the transformation; it is active from the next cell on."""
    shell.input_transformer_manager.token_transformers.append(ImagineQuestion)


def remove(shell: Any) -> None:
    """Take the transformation back, also one that an earlier import of this module added."""
    transformers = shell.input_transformer_manager.token_transformers
    transformers[:] = [one for one in transformers if one.__name__ != ImagineQuestion.__name__]
