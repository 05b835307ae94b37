"""Which answer means which of our errors: a table, first fit wins."""

import re
from dataclasses import dataclass

from alphaneural_nb.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    BudgetExceeded,
    ContentRefused,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)


@dataclass(frozen=True)
class Rule:
    """One kind of refusal: told by its status and by words anywhere in the answer."""

    error: type[APIStatusError]
    statuses: tuple[range, ...]
    words: re.Pattern[str]
    message: str
    advice: str
    quote: bool = True

    def fits(self, status: int, text: str) -> bool:
        """Whether an answer of this status and these words is of this kind."""
        return any(status in span for span in self.statuses) and bool(self.words.search(text))


def _rule(  # noqa: PLR0913 - a row of a table
    error: type[APIStatusError],
    statuses: str,
    words: str,
    message: str,
    advice: str,
    *,
    quote: bool = True,
) -> Rule:
    bounds = [span.partition("-") for span in statuses.split()]
    spans = tuple(range(int(low), int(high or low) + 1) for low, _, high in bounds)
    return Rule(error, spans, re.compile(words, re.IGNORECASE), message, advice, quote)


_MODELS = "%imagine models lists those your key may use."
_KEY = (
    "Check it, or set another one: configure(api_key=…), or the environment. "
    "%imagine status tells more."
)
_PERHAPS = "The request may have been charged. "
_LATER = _PERHAPS + "Ask again in a while; if it goes on, give the id to the service's support."

# Source: LiteLLM 1.74.9, 1.80.10 and 1.106.2, refusals as measured; OpenAI's error codes. The
# version behind a service is unknown, so this is their union. The first row that fits holds.
RULES = (
    _rule(
        ContentRefused,
        "200-599",
        r"moderation_blocked|content_?policy_?violation|safety system|safety_violations"
        r"|responsibleaipolicyviolation|content_safety_violation|content management policy"
        r"|content_filter|image_generation_user_error",
        "The service's safety system refused this prompt{why}.",
        "It is often one word; try naming the scene instead of the act. Nothing was charged.",
    ),
    _rule(
        BudgetExceeded,
        "200-599",
        r"budget_exceeded|budget has been exceeded|exceeded\w{0,20}budget|insufficient_quota"
        r"|exceeded your current quota",
        "The account, the key or its quota has no money left.",
        "Asking again will not help: raise the budget, or ask whoever runs the service.",
    ),
    _rule(
        BudgetExceeded,
        "400-499",
        r"billing|credit balance|insufficient (?:credit|balance|fund)",
        "The account, the key or its quota has no money left.",
        "Asking again will not help: raise the budget, or ask whoever runs the service.",
    ),
    _rule(
        BudgetExceeded,
        "402",
        "",
        "The service wants to be paid first.",
        "Asking again will not help: raise the budget, or ask whoever runs the service.",
    ),
    _rule(
        PermissionDeniedError,
        "400-403",
        r"model_access_denied|not allowed to (?:access|call) (?:this )?model"
        r"|is not available for this api key",
        "This key may not use {model}.",
        _MODELS,
    ),
    _rule(
        PermissionDeniedError,
        "400-403",
        r"organization must be verified",
        "The service's provider account may not use {model} before it is verified.",
        "Whoever owns that account can verify it; another model may do meanwhile.",
    ),
    _rule(
        NotFoundError,
        "400-404 422",
        r"invalid model name|model_not_found|deploymentnotfound|\bparam\": \"model\""
        r"|\bmodel\b.{0,200}(?:does not exist|not found)|unknown model|no such model",
        "The service does not know {model}.",
        _MODELS,
        quote=False,
    ),
    _rule(
        BadRequestError,
        "400 422",
        r"unsupportedparamserror|setting `\w+` is not supported"
        r"|unknown_parameter|unknown parameter|unrecognized request argument",
        "The service does not take {option} here.",
        "Leave it out.",
    ),
    _rule(
        InternalServerError,
        "500",
        r"unexpected keyword argument",
        "The service does not take {option} here, and failed.",
        "Leave it out. " + _PERHAPS.strip(),
    ),
    _rule(
        AuthenticationError,
        "400-401",
        r"expired_key|key expir|expired key",
        "This key has expired{key}.",
        _KEY,
        quote=False,
    ),
    _rule(
        AuthenticationError,
        "400",
        r"no_db_connection|no connected db",
        "The service does not know this key{key}.",
        _KEY,
        quote=False,
    ),
    # OpenAI itself says code invalid_api_key for the user's own key; behind a proxy the same
    # sentence is about the operator's.
    _rule(
        AuthenticationError,
        "401",
        r"\w{2,40}exception\b[\w ]{0,60}- "
        r"|\A(?!(?s:.)*invalid_api_key)(?s:.)*incorrect api key provided",
        "The service's own key for its provider was refused, not yours.",
        "Only whoever runs the service can mend it; another model may work meanwhile.",
        quote=False,
    ),
    _rule(
        AuthenticationError,
        "401",
        r"no api key passed|didn't provide an api key",
        "The service asks for a key and got none.",
        "Set one: configure(api_key=…), or ALPHANEURAL_API_KEY in the environment.",
        quote=False,
    ),
    _rule(
        AuthenticationError,
        "401",
        "",
        "The service does not know this key{key}.",
        _KEY,
        quote=False,
    ),
    _rule(
        PermissionDeniedError,
        "403",
        "",
        "The service does not allow this.",
        "Ask whoever gave you the key what it may do; " + _MODELS,
    ),
    _rule(
        NotFoundError,
        "404-405",
        "",
        "The service makes no pictures at this address.",
        "Check the base URL: %imagine status shows it.",
    ),
    _rule(
        InternalServerError,
        "408 504 522 524",
        "",
        "The service took too long and gave up ({status}).",
        _LATER,
    ),
    _rule(
        APIStatusError,
        "409",
        "",
        "The request collides with another one.",
        "Ask again when the other one has ended.",
    ),
    _rule(
        BadRequestError,
        "413",
        "",
        "The request is too large for the service.",
        "Shorten the prompt.",
    ),
    _rule(
        BadRequestError,
        "400 422",
        "",
        "The service does not accept {option} as it is.",
        "Change or leave out what the service names.",
    ),
    _rule(
        RateLimitError,
        "429",
        r"no deployments available|cooldown",
        "The service has paused this model for a moment.",
        "Wait a few seconds, then ask again.",
    ),
    _rule(
        RateLimitError,
        "429",
        "",
        "The service takes no more requests for now.",
        "Wait a little, then ask again; fewer at a time may help.",
    ),
    _rule(
        InternalServerError,
        "500-599",
        "",
        "The service failed ({status}).",
        _LATER,
    ),
    _rule(
        APIStatusError,
        "400-499",
        "",
        "The service refused the request ({status}).",
        "Its own words, where it has any, say why.",
    ),
)
OTHER = _rule(
    APIStatusError,
    "0",
    "",
    "The service answered with an error ({status}).",
    _PERHAPS + "Its own words, where it has any, say why.",
)
