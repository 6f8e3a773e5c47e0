"""Published event payloads, one module per publishing service: data without behaviour."""

from libs.common.contracts import auth, invoice, notify, render, support
from libs.common.contracts.base import Contract

CONTRACTS: dict[str, type[Contract]] = {
    contract.TYPE: contract
    for module in (auth, invoice, render, notify, support)
    for contract in module.CONTRACTS
}

__all__ = ["CONTRACTS", "Contract"]
