"""Bad days on request: the modes, and the magic words in a buyer's name that call them for one invoice."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """What goes wrong. The first four strike a whole call, the others one invoice."""

    DOWN = "down"  # the connection is closed without an answer, nothing is accepted
    SLOW = "slow"  # the work is done, the answer comes seconds later
    TIMEOUT_AFTER_ACCEPT = "timeout_after_accept"  # the work is done, the answer never comes
    PARTIAL_BATCH = "partial_batch"  # the work is done, every other invoice of the batch is left unanswered
    DUPLICATE = "duplicate"  # accepted, but answered as if it had been submitted before
    LAYOUT_FAILED = "layout_failed"  # issued in law, but the bureau has no layout file of it
    LOGIN_NEEDED = "login_needed"  # not accepted: the operator's session has ended
    QUOTA_REFUSED = "quota_refused"  # rejected for want of quota; the same serial may try again
    REJECT = "reject"  # rejected for good
    UNSOLICITED_CALLBACK = "unsolicited_callback"  # the platform is told of it unasked, truly and falsely


BLOCK_MODES = (Mode.DOWN, Mode.SLOW, Mode.TIMEOUT_AFTER_ACCEPT)
CALL_MODES = (*BLOCK_MODES, Mode.PARTIAL_BATCH)
READ_MODES = (Mode.DOWN, Mode.SLOW)
INVOICE_MODES = (Mode.DUPLICATE, Mode.LAYOUT_FAILED, Mode.LOGIN_NEEDED, Mode.QUOTA_REFUSED, Mode.REJECT)
# Strikes besides any of the others, and red-letter forms too.
CALLBACK_MODES = (Mode.UNSOLICITED_CALLBACK,)

MAGIC_WORDS = {
    "沙箱-宕机": Mode.DOWN,
    "沙箱-缓慢": Mode.SLOW,
    "沙箱-超时": Mode.TIMEOUT_AFTER_ACCEPT,
    "沙箱-部分": Mode.PARTIAL_BATCH,
    "沙箱-重复": Mode.DUPLICATE,
    "沙箱-版式": Mode.LAYOUT_FAILED,
    "沙箱-登录": Mode.LOGIN_NEEDED,
    "沙箱-额度不足": Mode.QUOTA_REFUSED,
    "沙箱-拒绝": Mode.REJECT,
    "沙箱-回调": Mode.UNSOLICITED_CALLBACK,
}
MAGIC = re.compile(f"({'|'.join(MAGIC_WORDS)})(?:[x×]([1-9][0-9]?))?")


@dataclass(frozen=True)
class MagicFault:
    """A fault that strikes the first `strikes` submissions of one invoice."""

    mode: Mode
    strikes: int


def find_magic_fault(buyer_name: str) -> MagicFault | None:
    """`武汉沙箱-超时x3公司` asks for three timeouts; without a count it is one."""
    match = MAGIC.search(buyer_name)
    return MagicFault(MAGIC_WORDS[match[1]], int(match[2] or 1)) if match else None
