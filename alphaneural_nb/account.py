"""The account in use: what `configure` set, and the functions that ask with it."""

from collections.abc import Mapping
from pathlib import Path
from types import EllipsisType
from typing import Any

from .generation import Generation
from .request import ImageRequest
from .secret import Secret
from .settings import Inline, Settings
from .studio import Studio

_given: dict[str, Any] = {}
_told: dict[str, str] = {}
_studios: dict[tuple[Any, ...], Studio] = {}


def configure(  # noqa: PLR0913 - the settings are the parameters
    *,
    api_key: str | EllipsisType | None = ...,
    base_url: str | EllipsisType | None = ...,
    model: str | EllipsisType | None = ...,
    home: str | Path | EllipsisType | None = ...,
    trusted_hosts: list[str] | EllipsisType | None = ...,
    timeout: float | EllipsisType | None = ...,
    inline: Inline | EllipsisType | None = ...,
) -> None:
    """Change settings for every call that follows.

    What is left out stays; None goes back to the environment, or to the default.

    Parameters
    ----------
    api_key : str, optional
        Your AlphaNeural key. Better kept in the environment: a cell is saved with the notebook.
    base_url : str, optional
        Any OpenAI-compatible address, with or without ``/v1``; or ``"sandbox"``.
    model : str, optional
        The model when a request names none.
    home : str or pathlib.Path, optional
        The library's folder.
    trusted_hosts : list of str, optional
        Hosts that are not public, from which pictures may be fetched all the same, and to which
        the key may go by plain http://.
    timeout : float, seconds, optional
        Total deadline of a call that names none; 600 at first.
    inline : {"preview", "original"}, optional
        What a notebook stores of a picture.

    Raises
    ------
    SettingsError
        A value cannot be used; nothing is changed.
    """
    try:
        key = Secret(api_key) if isinstance(api_key, str) else api_key
    finally:
        del api_key  # a traceback that prints local variables finds only the Secret
    changes = {
        "api_key": key,
        "base_url": base_url,
        "model": model,
        "home": home,
        "trusted_hosts": trusted_hosts,
        "timeout": timeout,
        "inline": inline,
    }
    change({name: value for name, value in changes.items() if value is not ...})


def change(changes: Mapping[str, Any], source: str = "configure({})") -> None:
    """Set settings by name, with words for where they came from; None takes one back.

    Raises
    ------
    SettingsError
        A value cannot be used; nothing is changed.
    """
    _studio({**_given, **changes}, _told)
    _given.update(changes)
    _told.update({name: source.format(f"{name}=…") for name in changes})


def studio() -> Studio:
    """Return the studio of the settings in force now."""
    return _studio(_given, _told)


def _studio(given: Mapping[str, Any], told: Mapping[str, str]) -> Studio:
    settings = Settings.resolve(given, told)
    key = (settings, *sorted(settings.sources.items()))
    if key not in _studios:
        _studios.setdefault(key, Studio(settings))  # the first of two threads wins
    return _studios[key]


def imagine(  # noqa: PLR0913 - the options are the parameters
    prompt: str,
    *,
    model: str | None = None,
    n: int | None = None,
    size: str | tuple[int, int] | None = None,
    quality: str | None = None,
    style: str | None = None,
    response_format: str | None = None,
    user: str | None = None,
    background: str | None = None,
    output_format: str | None = None,
    param: Mapping[str, Any] | None = None,
    timeout: float | None = None,
) -> Generation:
    """Make pictures from a prompt; blocks until they are kept, and can be interrupted.

    Only what is set is sent. Without a key and a base URL the sandbox draws.

    Parameters
    ----------
    prompt : str
        What to draw, sent as it is; nothing in it is replaced.
    model : str, optional
        Image model; the first of the catalogue's order that the key may use, if not set.
    n : int, 1 or more, optional
        Number of pictures.
    size : str or (int, int), optional
        ``"WIDTHxHEIGHT"`` in pixels, a name (``square``, ``landscape``, ``portrait``, ``wide``,
        ``tall``, ``auto``) or a ratio such as ``"16:9"``.
    quality : str, optional
        ``auto``, ``low``, ``medium``, ``high``, or what the model takes.
    style : str, optional
        ``vivid`` or ``natural``; dall-e-3 only.
    response_format : {"b64_json", "url"}, optional
        dall-e only.
    user : str, optional
        Your end user, for the service's abuse monitoring.
    background : {"auto", "transparent", "opaque"}, optional
    output_format : {"png", "jpeg", "webp"}, optional
        File type of the pictures.
    param : mapping of str to JSON values, optional
        Any other field of the request.
    timeout : float, seconds, optional
        Total deadline of the call; 600 when neither this nor `configure` says otherwise.

    Returns
    -------
    Generation
        The pictures as a sequence of PIL images, and everything known about them.

    Raises
    ------
    OptionsError, SettingsError, LibraryError
        Nothing was sent.
    APIConnectionError, APIStatusError, APIResponseError
        The service was not reached, refused, or answered with something else; ``charged``
        tells whether it may cost money.
    Interrupted
        The user stopped it (a KeyboardInterrupt).

    Examples
    --------
    >>> pictures = imagine("a teal kettle on a checked cloth", size="landscape")
    >>> pictures[0].size
    (1536, 1024)
    """
    return studio().imagine(*_asked(locals()))


async def aimagine(  # noqa: PLR0913 - the options are the parameters
    prompt: str,
    *,
    model: str | None = None,
    n: int | None = None,
    size: str | tuple[int, int] | None = None,
    quality: str | None = None,
    style: str | None = None,
    response_format: str | None = None,
    user: str | None = None,
    background: str | None = None,
    output_format: str | None = None,
    param: Mapping[str, Any] | None = None,
    timeout: float | None = None,  # noqa: ASYNC109 - the deadline of the call, on another loop
) -> Generation:
    """Make pictures from a prompt; the awaitable twin of `imagine`, with the same parameters.

    Works in any event loop. Cancelling the task closes the connection.
    """
    return await studio().aimagine(*_asked(locals()))


def _asked(parameters: Mapping[str, Any]) -> tuple[ImageRequest, float | None]:
    """Return a call's parameters as its request and its deadline."""
    options = {name: value for name, value in parameters.items() if name != "timeout"}
    return ImageRequest(**options), parameters["timeout"]
