"""Bodies and answers of `/v1/taxpayers`."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

from libs.common.clock import rfc3339
from libs.common.ids import TaxpayerId, TenantId
from libs.common.problems import FieldError, Invalid
from services.invoice.domain.connector import Connector, ConnectorState
from services.invoice.domain.invoice import NumberChannel
from services.invoice.domain.kinds import ENTITLEMENTS, InvoiceKind
from services.invoice.domain.parties import Seller
from services.invoice.domain.tax_ids import TaxIdForm, classify_tax_id
from services.invoice.schemas.fields import StrictModel, Text
from services.invoice.store.taxpayer import Taxpayer


class TaxpayerRequest(StrictModel):
    """A legal entity that issues. `channel` says who gives the numbers."""

    name: Annotated[str, Text(100, is_required=True)]
    tax_id: Annotated[str, Text(20, is_required=True)]
    address: Annotated[str, Text(150)] = ""
    phone: Annotated[str, Text(30)] = ""
    bank_name: Annotated[str, Text(100)] = ""
    bank_account: Annotated[str, Text(50)] = ""
    channel: NumberChannel
    is_default: StrictBool = False

    def to_domain(self, tenant: TenantId, taxpayer_id: TaxpayerId) -> Taxpayer:
        """Raises Invalid for a tax id that cannot be."""
        if classify_tax_id(self.tax_id) in {TaxIdForm.MALFORMED, TaxIdForm.WRONG_CHECK_DIGIT}:
            detail = "The tax id's form or check digit is wrong; compare it with the licence."
            error = FieldError(
                "/tax_id", "tax-id", detail, "纳税人识别号格式或校验位不正确，请与营业执照核对。"
            )
            raise Invalid(errors=[error])
        seller = Seller(self.name, self.tax_id, self.address, self.phone, self.bank_name, self.bank_account)
        return Taxpayer(tenant, taxpayer_id, seller, self.channel, self.is_default)


class TaxpayerChange(StrictModel):
    """`kinds`: what the taxpayer is entitled to issue from now on, instead of what it was."""

    kinds: Annotated[list[InvoiceKind], Field(min_length=1, max_length=len(ENTITLEMENTS))]

    def to_kinds(self) -> tuple[InvoiceKind, ...]:
        """In the catalogue's order, each once; raises Invalid for a kind that no taxpayer can issue here."""
        errors = [
            FieldError(
                f"/kinds/{place}",
                "kind-not-available",
                f"{kind} is not issued here; GET /v1/invoice-kinds says why.",
                f"本平台不开具 {kind}，原因见 GET /v1/invoice-kinds。",
            )
            for place, kind in enumerate(self.kinds)
            if kind not in ENTITLEMENTS
        ]
        if errors:
            raise Invalid(errors=errors)
        return tuple(kind for kind in ENTITLEMENTS if kind in self.kinds)


class ConnectorResponse(StrictModel):
    """How the taxpayer stands with the authority; while `login_needed` or `down` everything waits and then resumes."""

    state: ConnectorState
    since: str
    last_error: str | None
    next_attempt_at: str | None


class TaxpayerResponse(StrictModel):
    id: UUID
    name: str
    tax_id: str
    address: str
    phone: str
    bank_name: str
    bank_account: str
    channel: NumberChannel
    is_default: bool
    kinds: list[InvoiceKind]
    connector: ConnectorResponse


class TaxpayerListResponse(StrictModel):
    items: list[TaxpayerResponse]
    next_cursor: None = None
    as_of: str


def taxpayer_response(taxpayer: Taxpayer, connector: Connector) -> TaxpayerResponse:
    seller = taxpayer.seller
    return TaxpayerResponse(
        id=taxpayer.id,
        name=seller.name,
        tax_id=seller.tax_id,
        address=seller.address,
        phone=seller.phone,
        bank_name=seller.bank_name,
        bank_account=seller.bank_account,
        channel=taxpayer.channel,
        is_default=taxpayer.is_default,
        kinds=list(taxpayer.kinds),
        connector=ConnectorResponse(
            state=connector.state,
            since=rfc3339(connector.since),
            last_error=connector.last_error,
            next_attempt_at=rfc3339(connector.next_attempt_at) if connector.is_closed else None,
        ),
    )
