"""Published event payloads, modules named after the publishing service: data without behaviour."""

from libs.common.contracts import auth, invoice, invoice_corrections, notify, render, support
from libs.common.contracts.base import Contract

CONTRACTS: dict[str, type[Contract]] = {
    contract.TYPE: contract
    for module in (auth, invoice, invoice_corrections, render, notify, support)
    for contract in module.CONTRACTS
}

__all__ = ["CONTRACTS", "Contract"]
