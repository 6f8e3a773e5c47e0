"""Why an invoice cannot be voided, and which way leads to what its holder wants."""

from services.invoice.domain.invoice import Invoice, Reversal, Status
from services.invoice.domain.kinds import KindEntry
from services.invoice.errors import InvoiceNotVoidable


def refuse_void(invoice: Invoice, kind: KindEntry) -> InvoiceNotVoidable:
    """The refusal for an invoice of a kind that is never voided; `alternative` is the call to use instead."""
    detail, detail_zh, alternative = _explain(invoice)
    return InvoiceNotVoidable(
        f"An invoice of the kind {kind.name} can at no time be voided. {detail}",
        detail_zh=f"{kind.name_zh}自开具起即不可作废。{detail_zh}",
        kind=invoice.kind,
        invoice_status=invoice.status,
        possible_until=None,
        alternative=alternative,
    )


def _explain(invoice: Invoice) -> tuple[str, str, str | None]:
    if invoice.status is Status.REJECTED:
        return (
            "It was rejected and never issued: issue it anew.",
            "该发票已被拒绝、从未开具，请重新开具。",
            None,
        )
    if invoice.red is not None:
        return (
            "It is itself a red invoice; what it took back is issued anew as a blue one.",
            "该发票本身为红字发票，如需恢复请重新开具蓝字发票。",
            None,
        )
    if invoice.reversal is Reversal.FULL:
        return ("Red invoices have taken all of it back already.", "该发票已全部红冲，无需再处理。", None)
    if invoice.status is Status.PENDING:
        return (
            "Once it has its number, take it back by a red invoice: POST /v1/invoices/{id}/red-forms.",
            "该发票正在等待赋码，开具成功后请红冲：POST /v1/invoices/{id}/red-forms。",
            "POST /v1/invoices/{id}/red-forms",
        )
    return (
        "Take it back by a red invoice, whole or in part: POST /v1/invoices/{id}/red-forms.",
        "请通过红字发票全部或部分冲红：POST /v1/invoices/{id}/red-forms。",
        "POST /v1/invoices/{id}/red-forms",
    )
