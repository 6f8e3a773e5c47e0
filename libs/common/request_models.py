"""What the bodies and parameters of every service's requests have in common: strict models, checked texts."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError, PydanticKnownError

from libs.common.addresses import check_email
from libs.common.problems import Problem, UnprintableCharacter
from libs.common.text import clean_text

Email = Annotated[str, Field(max_length=254, examples=["ap@example.cn"]), AfterValidator(check_email)]


class StrictModel(BaseModel):
    """Unknown fields are refused; a request does not change once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StrictBody(StrictModel):
    """JSON values are taken as they are, never converted."""

    model_config = ConfigDict(strict=True)


def refusal(problem: Problem) -> PydanticCustomError:
    """For `libs.common.problem_answers`, which takes the problem out again and adds the field's pointer."""
    return PydanticCustomError("refused", "{error}", {"error": problem})


def printable(most: int, *, line_feeds: bool = False, is_required: bool = False) -> AfterValidator:
    """Printable, in NFC, at most so many characters before and after; not blank where it is required."""

    def clean(text: str) -> str:
        try:
            text = clean_text(text, line_feeds=line_feeds)
        except UnprintableCharacter as problem:
            raise refusal(problem) from None
        if len(text) > most:
            raise PydanticKnownError("string_too_long", {"max_length": most})
        if is_required and not text.strip():
            raise PydanticKnownError("string_too_short", {"min_length": 1})
        return text

    return AfterValidator(clean)
