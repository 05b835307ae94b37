"""Every way the sandbox says no, in the proxy's envelopes."""

import re
from typing import Any

from tornado.web import HTTPError


class Refusal(HTTPError):  # noqa: N818 - an answer, not a fault
    """An answer with an error envelope; its code is the status, as the proxy has it."""

    def __init__(
        self,
        status: int,
        message: str,
        kind: str = "invalid_request_error",
        param: str | None = None,
    ) -> None:
        super().__init__(status)
        self.envelope: dict[str, Any] = {
            "error": {"message": message, "type": kind, "param": param, "code": str(status)}
        }


def unauthorized(*, key_given: bool) -> Refusal:
    """Refuse a missing key or one that is not ours, without repeating it."""
    if not key_given:
        return Refusal(
            401, "Authentication Error, No api key passed in.", "auth_error", param="None"
        )
    return Refusal(
        401,
        "Authentication Error, Invalid proxy server token passed: this sandbox made another key.",
        "token_not_found_in_db",
        param="key",
    )


def unsupported(model: str, name: str) -> Refusal:
    """Refuse a parameter the model does not have."""
    text = (
        f"litellm.UnsupportedParamsError: Setting `{name}` is not supported by openai, {model}. "
        "To drop it from the call, set `litellm.drop_params = True`."
    )
    return Refusal(400, text + _trail(model))


def invalid(model: str, param: str, text: str) -> Refusal:
    """Refuse the value of one parameter."""
    return Refusal(400, _upstream("BadRequestError", text, model), param=param)


def _moderated(model: str) -> Refusal:
    text = "Your request was rejected by the safety system. safety_violations=[violence]."
    return Refusal(
        400, _upstream("BadRequestError", text, model), kind="image_generation_user_error"
    )


def _rate_limited(model: str) -> Refusal:
    text = f"Rate limit reached for {model}: 5 pictures per minute. Please try again in 1s."
    return Refusal(
        429, _upstream("RateLimitError: RateLimitError", text, model), kind="throttling_error"
    )


def _broken(model: str) -> Refusal:
    text = "The server had an error while processing your request."
    return Refusal(
        500,
        _upstream("InternalServerError: InternalServerError", text, model),
        kind="internal_server_error",
    )


PLAYED = {
    "[moderated]": _moderated,
    "[rate-limited]": _rate_limited,
    "[rate-limited once]": _rate_limited,
    "[broken]": _broken,
}


class Plays:
    """Refusals that a prompt asks for with a word in brackets."""

    def __init__(self) -> None:
        self._asked_once: set[str] = set()

    def check(self, prompt: str, model: str) -> None:
        """Raise the refusal that `prompt` asks for, if any."""
        for word, refusal in PLAYED.items():
            if word not in prompt or prompt in self._asked_once:
                continue
            if word.endswith(" once]"):
                self._asked_once.add(prompt)
            raise refusal(model)


def slowness(prompt: str) -> float:
    """Return the seconds, at most 30, that a prompt asks to wait with ``[slow 2.5]``."""
    asked = re.search(r"\[slow (\d+(?:\.\d+)?)\]", prompt)
    return min(float(asked[1]), 30.0) if asked else 0.0


def _upstream(kind: str, text: str, model: str) -> str:
    return f"litellm.{kind}: OpenAIException - {text}{_trail(model)}"


def _trail(model: str) -> str:
    return (
        f"\n\nLiteLLM: model group '{model}' failed with the error above. "
        "No fallback was attempted."
    )
