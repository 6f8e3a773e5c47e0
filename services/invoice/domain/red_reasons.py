"""Why an invoice is taken back, and the two incompatible code families of the trade (domain: 5.2)."""

from enum import StrEnum
from typing import NewType

from msgspec import Struct

BureauReason = NewType("BureauReason", str)
VendorReason = NewType("VendorReason", str)


class RedReason(StrEnum):
    """开票有误, 销货退回, 服务中止, 销售折让."""

    ISSUED_IN_ERROR = "issued_in_error"
    GOODS_RETURNED = "goods_returned"
    SERVICE_STOPPED = "service_stopped"
    ALLOWANCE = "allowance"


class ReasonCodes(Struct, frozen=True):
    """`bureau`: chyyDm, also Baiwang; `vendor`: Nuonuo's redReason, also YonBIP. 1 and 2 are crossed."""

    name_zh: str
    bureau: BureauReason
    vendor: VendorReason


REASONS = {
    RedReason.ISSUED_IN_ERROR: ReasonCodes("开票有误", BureauReason("01"), VendorReason("2")),
    RedReason.GOODS_RETURNED: ReasonCodes("销货退回", BureauReason("02"), VendorReason("1")),
    RedReason.SERVICE_STOPPED: ReasonCodes("服务中止", BureauReason("03"), VendorReason("3")),
    RedReason.ALLOWANCE: ReasonCodes("销售折让", BureauReason("04"), VendorReason("4")),
}


def reason_of_bureau(code: BureauReason) -> RedReason:
    """Raises KeyError for a code that the bureau does not have."""
    return {codes.bureau: reason for reason, codes in REASONS.items()}[code]
