"""Every error a caller can catch.

The tree, with what each one means::

    AlphaNeuralError
    ├── SettingsError            key, base URL or another setting cannot be used
    ├── OptionsError             a prompt or an option cannot be sent (also a ValueError)
    │   └── TemplateError        an {{expression}} in a magic's prompt has no value
    ├── LibraryError             pictures cannot be written or read on this disk
    ├── APIConnectionError       the service was not reached, or the connection broke
    │   └── APITimeoutError      the deadline passed
    ├── APIStatusError           the service refused: it has a status, a code, often a parameter
    │   ├── BadRequestError      400, 413, 422: the request is not accepted as it is
    │   │   └── ContentRefused   the safety system refused the prompt or its picture
    │   ├── AuthenticationError  401: the key is missing, wrong or expired
    │   ├── PermissionDeniedError 403: the key is right, but may not do this
    │   ├── NotFoundError        404, or an unknown model
    │   ├── RateLimitError       429: too many requests for now
    │   ├── BudgetExceeded       the account, the key or the quota has no money left
    │   └── InternalServerError  5xx, 408: the service failed; it may have charged
    └── APIResponseError         an answer that cannot be read
        └── NoImageReturned      an answer without a picture

    Interrupted                  a KeyboardInterrupt: the user stopped a request

Names that also exist in the ``openai`` package mean the same here.
"""

from typing import Any, Literal

Charged = Literal["no", "maybe", "yes"]


class ShortTraceback:
    """A notebook shows the message alone; a script gets the whole chain."""

    def _render_traceback_(self) -> list[str]:
        # IPython calls this on the error it is about to show. Our frames would only hide the
        # message, and in its Verbose mode they would print the values of local variables.
        first, _, rest = str(self).partition("\n")
        return [f"{type(self).__name__}: {first}", *rest.splitlines()]


class AlphaNeuralError(ShortTraceback, Exception):
    """Base of every error of this package.

    Parameters
    ----------
    message : str
        What happened, one sentence.
    advice : str, optional
        What to do next, one or two sentences.
    request_id : str, optional
        The id to show to the service's support.
    charged : {"no", "maybe", "yes"}, default "no"
        Whether the service may have charged for the request.
    """

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        request_id: str | None = None,
        charged: Charged = "no",
        **facts: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.request_id = request_id
        self.charged: Charged = charged
        self._facts = facts

    def __str__(self) -> str:
        request = f"request {self.request_id}" if self.request_id else ""
        return "\n".join(filter(None, (self.message, self.advice, request)))

    def __reduce__(self) -> tuple[Any, ...]:
        facts = {"advice": self.advice, "request_id": self.request_id, "charged": self.charged}
        return _restore, (type(self), self.message, {**facts, **self._facts})


def _restore(kind: type[AlphaNeuralError], message: str, facts: dict[str, Any]) -> AlphaNeuralError:
    return kind(message, **facts)


class SettingsError(AlphaNeuralError):
    """A setting (key, base URL, time limit, folder) cannot be used."""


class OptionsError(AlphaNeuralError, ValueError):
    """A prompt or an option cannot be sent as it is."""


class TemplateError(OptionsError):
    """An ``{{expression}}`` in a prompt cannot be replaced by a value."""


class LibraryError(AlphaNeuralError, OSError):
    """The library's folder cannot be written or read."""


class APIConnectionError(AlphaNeuralError):
    """The service was not reached, or the connection broke before the answer was whole."""


class APITimeoutError(APIConnectionError, TimeoutError):
    """The deadline of the call passed before the answer was whole."""


class APIStatusError(AlphaNeuralError):
    """The service answered with a refusal.

    Parameters
    ----------
    status_code : int
        HTTP status, 400 to 599 (200 for a refusal inside a success).
    code, kind, param : str, optional
        ``error.code``, ``error.type`` and ``error.param`` as the service sent them.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        code: str | None = None,
        kind: str | None = None,
        param: str | None = None,
        **common: Any,
    ) -> None:
        facts: dict[str, Any] = {"code": code, "kind": kind, "param": param}
        super().__init__(message, status_code=status_code, **facts, **common)
        self.status_code = status_code
        self.code = code
        self.kind = kind
        self.param = param


class BadRequestError(APIStatusError):
    """The request is not accepted as it is."""


class ContentRefused(BadRequestError):  # noqa: N818 - the name says what happened
    """The service's safety system refused the prompt or the picture made from it."""


class AuthenticationError(APIStatusError):
    """The key is missing, wrong or expired."""


class PermissionDeniedError(APIStatusError):
    """The key is known, but may not do this."""


class NotFoundError(APIStatusError):
    """The service does not know this model or this address."""


class RateLimitError(APIStatusError):
    """The service takes no more requests for now."""


class BudgetExceeded(APIStatusError):  # noqa: N818 - the name says what happened
    """The account, the key or the quota has no money left."""


class InternalServerError(APIStatusError):
    """The service failed."""


class APIResponseError(AlphaNeuralError):
    """The service's answer cannot be read."""


class NoImageReturned(APIResponseError):  # noqa: N818 - the name says what happened
    """The service answered without a picture."""


class Interrupted(ShortTraceback, KeyboardInterrupt):
    """The user stopped a request; a KeyboardInterrupt, so that "Run All" stops too."""
