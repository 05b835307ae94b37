"""``%%imagine`` and ``%imagine``: a line and a cell become one request."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)
from traitlets import Bool, Enum, Float, Int, Unicode, observe

from . import completion, question

if TYPE_CHECKING:
    from .grammar import Order

# Whatever only a call needs is imported there: loading the extension has to cost nothing.


@magics_class
class ImagineMagics(Magics):
    """Defaults of %imagine and %%imagine. The API key is not among them: see %imagine status."""

    model = Unicode(None, allow_none=True, help="Image model, when -m is not given.").tag(
        config=True
    )
    n = Int(None, allow_none=True, min=1, help="Number of pictures, when -n is not given.").tag(
        config=True
    )
    size = Unicode(None, allow_none=True, help="Size, when -s is not given.").tag(config=True)
    quality = Unicode(None, allow_none=True, help="Quality, when -q is not given.").tag(config=True)
    background = Unicode(
        None, allow_none=True, help="Background, when --background is not given."
    ).tag(config=True)
    output_format = Unicode(
        None, allow_none=True, help="File type, when --format is not given."
    ).tag(config=True)
    timeout = Float(
        None, allow_none=True, min=0, help="Deadline of a call in seconds, 600 when not set."
    ).tag(config=True)
    base_url = Unicode(
        None, allow_none=True, help='Address of the service, or "sandbox", for the magics.'
    ).tag(config=True)
    inline = Enum(
        [None, "preview", "original"],
        default_value=None,
        allow_none=True,
        help="What a notebook stores: a light preview, or the bytes as they came.",
    ).tag(config=True)
    quiet = Bool(default_value=False, help="Show nothing, as with --quiet.").tag(config=True)

    @needs_local_scope
    @no_var_expand
    @line_cell_magic
    def imagine(self, line: str, cell: str | None = None, local_ns: Any = None) -> Any:
        """Make pictures from a prompt and show them; see ``%imagine help``."""
        from .grammar import GrammarError, parse

        try:
            order = parse(line, cell)
        except GrammarError as error:
            _refuse(str(error))
        namespace = {**self._variables, **(local_ns or {})}
        given = {name: _rendered(value, namespace) for name, value in order.options.items()}
        if order.command:
            from . import commands

            defaults = self._defaults() if order.command == "form" else {}
            return commands.run(order.command, {**defaults, **given})
        return self._ask(order, {**self._defaults(), **given}, namespace)

    def _ask(self, order: "Order", given: dict[str, Any], namespace: Mapping[str, Any]) -> Any:
        from alphaneural_nb.account import studio

        from .progress import ProgressLine
        from .template import render

        request, timeout = _request(render(order.prompt, namespace), given)
        if given.get("dry_run"):
            from . import commands

            return commands.dry_run(request)
        silent = order.silent or self.quiet or bool(given.get("quiet"))
        line = ProgressLine(request, silent=silent)
        try:
            generation = studio().submit(request, timeout).wait(line.tick)
        except BaseException:
            line.clear()
            raise
        if order.name:
            self._variables[order.name] = generation
        if not silent:
            from alphaneural_nb.show.cell import show_pictures

            line.end(generation.caption.named(order.name))
            show_pictures(generation.outputs())
        generation.note_shown()
        return None if order.silent else generation

    def _defaults(self) -> dict[str, Any]:
        from alphaneural_nb.request import OPTIONS

        values = {name: getattr(self, name, None) for name in (*OPTIONS, "timeout")}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def _variables(self) -> dict[str, Any]:
        shell: Any = self.shell
        variables: dict[str, Any] = shell.user_ns
        return variables

    @observe("base_url", "inline")
    def _change_account(self, event: Any) -> None:
        from alphaneural_nb.account import change

        change({event["name"]: event["new"]}, f"%config ImagineMagics.{event['name']}")


def _rendered(value: Any, namespace: Mapping[str, Any]) -> Any:
    """Replace the expressions in a flag's value, however deep they stand in its JSON."""
    from .grammar import Expression
    from .template import render

    if isinstance(value, dict):
        return {key: _rendered(one, namespace) for key, one in value.items()}
    if isinstance(value, list):
        return [_rendered(one, namespace) for one in value]
    if not isinstance(value, str):
        return value
    text = render(value, namespace)
    return _json_or_text(text) if isinstance(value, Expression) else text


def _json_or_text(text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


def _request(prompt: str, given: Mapping[str, Any]) -> tuple[Any, float | None]:
    """Return the request and its deadline from the texts that were typed."""
    from alphaneural_nb.errors import OptionsError, SettingsError
    from alphaneural_nb.request import OPTIONS, ImageRequest
    from alphaneural_nb.settings import deadline

    options = {name: value for name, value in given.items() if name in OPTIONS}
    try:
        if "n" in options:
            options["n"] = _number(int, options["n"], "-n takes a whole number")
        seconds = given.get("timeout")
        if seconds is not None:
            seconds = deadline(_number(float, seconds, "--timeout takes a number of seconds"))
        return ImageRequest(prompt=prompt, **options), seconds
    except OptionsError as error:
        _refuse(f"{error.message} {error.advice}".strip())
    except SettingsError as error:
        _refuse(f"--timeout: {error.message}")


def _number(kind: type[int] | type[float], value: Any, wanted: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        _refuse(f"{wanted}, not {value!r}.")


def _refuse(message: str) -> NoReturn:
    raise UsageError(message) from None


def _full_help() -> str:
    from .help import help_text

    return help_text()


# IPython asks an object for its documentation by this name before it looks at the docstring.
_imagine: Any = ImagineMagics.imagine
_imagine.getdoc = _full_help


def load(shell: Any) -> None:
    """Register the magics, their completion, and the care for a final question mark; once."""
    magics = ImagineMagics(shell=shell)  # a bad default in %config fails here, and changes nothing
    unload(shell)
    shell.configurables.append(magics)
    shell.register_magics(magics)
    completion.install(shell)
    question.install(shell)


def unload(shell: Any) -> None:
    """Take back what `load` did."""
    completion.remove(shell)
    question.remove(shell)
    shell.magics_manager.registry.pop("ImagineMagics", None)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("imagine", None)
    shell.configurables[:] = [
        one for one in shell.configurables if type(one).__name__ != "ImagineMagics"
    ]
