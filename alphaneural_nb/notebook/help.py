"""The text that %%imagine? and %imagine help show."""

import textwrap

from alphaneural_nb.request import Option

from .grammar import OPTIONS_AND_CALL

_INTRODUCTION = """Make pictures from a prompt and show them.

    %%imagine [name << | name =<<] [flags]
    the prompt, as many lines as you like

    %imagine [flags] the prompt
    pictures = %imagine [flags] the prompt

name << binds the result to a variable and shows nothing, name =<< binds and shows. The result
is a sequence of PIL images: pictures[0].resize((64, 64)), pictures.save("folder").

Flags stand before the prompt; -- ends them. {{expression}} is replaced by the text of its
value; single braces, quotes and everything else arrive as written.

Flags:
"""

_EXAMPLES = """
Examples:

    %%imagine foxes =<< -n 4 -s wide
    a {{colour}} fox asleep on a stack of old books, gouache

    %imagine -q low a paper boat on a puddle
    logo = %imagine --background transparent a minimal owl logo
    %imagine --param moderation="low" a knight and a dragon playing chess

Commands: %imagine help, %imagine status, %imagine models, %imagine form.
Defaults: %config ImagineMagics.
"""


def help_text() -> str:
    """Return the magic's help, made from the options' own texts."""
    return _INTRODUCTION + "".join(map(_row, OPTIONS_AND_CALL.values())) + _EXAMPLES


def _row(option: Option) -> str:
    flags = ", ".join(option.flags)
    head = f"{flags} {option.metavar}".strip()
    values = f" ({', '.join(option.values)})" if option.values else ""
    row = textwrap.fill(
        f"{head:<34} {option.help}{values}",
        width=96,
        initial_indent="    ",
        subsequent_indent=" " * 39,
        break_on_hyphens=False,
    )
    return f"{row}\n"
