"""A hash that is equal for invoices that say the same, whatever their reference, time or remarks."""

from hashlib import sha256

from services.invoice.domain.encoding import encode
from services.invoice.domain.parties import Seller
from services.invoice.domain.pricing import PricedInvoice


def compute_fingerprint(seller: Seller, priced: PricedInvoice) -> str:
    """SHA-256 over seller, buyer, lines and total as hex."""
    buyer = priced.command.buyer
    said = (seller.tax_id, buyer.tax_id, buyer.name, priced.lines, priced.totals)
    return sha256(encode(said)).hexdigest()
