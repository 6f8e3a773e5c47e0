"""`python -m services.invoice ask-authority WHAT …`: put one question to the tax bureau and print its answer as JSON.

For operators: whether somebody has to sign in, who a seller is there, whether an invoice is true. Needs OFP_BUREAU_URL.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from decimal import Decimal

import aiohttp

from services.invoice.authority.inquiries import InquiryConnector
from services.invoice.domain.authority import AuthorityUnavailable
from services.invoice.domain.encoding import encode
from services.invoice.domain.inquiries import AuthorityInquiries, Claim

_TIMEOUT_SECONDS = 10.0

Question = Callable[[AuthorityInquiries, argparse.Namespace], Awaitable[object]]

_QUESTIONS: dict[str, tuple[Question, tuple[str, ...]]] = {
    "session": (lambda bureau, asked: bureau.get_operator_session(asked.seller), ("seller",)),
    "profile": (lambda bureau, asked: bureau.get_profile(asked.seller), ("seller",)),
    "rates": (lambda bureau, asked: bureau.get_usable_rates(asked.seller), ("seller",)),
    "class-codes": (lambda bureau, _: bureau.get_class_codes(), ()),
    "usage": (lambda bureau, asked: bureau.get_usage(asked.number), ("number",)),
    "layout": (lambda bureau, asked: bureau.fetch_layout(asked.number, asked.format), ("number", "format")),
    "verify": (lambda bureau, asked: bureau.verify(_claim(asked)), ("number", "date")),
}


def run(arguments: Sequence[str]) -> int:
    """The exit status: 1 if the bureau did not answer."""
    parser = argparse.ArgumentParser(prog="python -m services.invoice ask-authority")
    questions = parser.add_subparsers(dest="what", required=True)
    for what, (_, needed) in _QUESTIONS.items():
        question = questions.add_parser(what)
        for name in needed:
            question.add_argument(f"--{name}", required=True)
        if what == "verify":
            for name in ("code", "amount", "check6"):
                question.add_argument(f"--{name}")
    return asyncio.run(_ask(parser.parse_args(arguments)))


async def _ask(asked: argparse.Namespace) -> int:
    question, _ = _QUESTIONS[asked.what]
    async with aiohttp.ClientSession() as http:
        bureau = InquiryConnector(http, os.environ["OFP_BUREAU_URL"], _TIMEOUT_SECONDS)
        try:
            answer = await question(bureau, asked)
        except AuthorityUnavailable as error:
            sys.stderr.write(f"the bureau did not answer: {error}\n")
            return 1
    sys.stdout.write(encode(answer).decode() + "\n")
    return 0


def _claim(asked: argparse.Namespace) -> Claim:
    return Claim(
        number=asked.number,
        date=date.fromisoformat(asked.date),
        code=asked.code,
        amount=None if asked.amount is None else Decimal(asked.amount),
        check6=asked.check6,
    )
