"""Tab completion of the magic's flags, models and values; never asks the network."""

import re
from typing import Any

_HOOK = re.compile(r"%{1,2}imagine\s")


def _matcher(context: Any) -> Any:
    """Complete for IPython 8 and later."""
    from IPython.core.completer import SimpleCompletion

    word, texts = _suggested(context.text_until_cursor)
    completions = [SimpleCompletion(text, type="param") for text in texts]
    # Suppressed are the others: Jedi offers 200 names after a flag.
    return {"completions": completions, "matched_fragment": word, "suppress": bool(texts)}


def _hook(_shell: Any, event: Any) -> list[str]:
    """Complete for IPython 7."""
    return _suggested(event.text_until_cursor)[1]


def _suggested(text: str) -> tuple[str, list[str]]:
    line = text.rsplit("\n", 1)[-1]
    if "imagine" not in line:
        return "", []
    from .suggestions import suggestions

    return suggestions(line)


def install(shell: Any) -> None:
    """Add the completion to a shell."""
    try:
        from IPython.core.completer import context_matcher
    except ImportError:
        shell.set_hook("complete_command", _hook, re_key=_HOOK)
        return
    marked = context_matcher(identifier="alphaneural_nb.imagine", priority=100)(_matcher)
    shell.Completer.custom_matchers.append(marked)


def remove(shell: Any) -> None:
    """Take the completion back, also one that an earlier import of this module added."""
    matchers = getattr(shell.Completer, "custom_matchers", None)
    if matchers is not None:
        matchers[:] = [one for one in matchers if not _is_ours(one)]
    dispatch = getattr(shell, "strdispatchers", {}).get("complete_command")
    if dispatch is not None:
        dispatch.regexs.pop(_HOOK, None)


def _is_ours(matcher: Any) -> bool:
    return getattr(matcher, "matcher_identifier", "") == "alphaneural_nb.imagine"
