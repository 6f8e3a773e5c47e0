"""A hash that is equal for invoices that say the same, whatever their reference, time or remarks."""

from hashlib import sha256

from services.invoice.domain.encoding import encode
from services.invoice.domain.parties import Seller
from services.invoice.domain.pricing import PricedInvoice


def compute_fingerprint(seller: Seller, priced: PricedInvoice) -> str:
    """SHA-256 over seller, buyer, lines, total and special business as hex."""
    buyer, business = priced.command.buyer, priced.command.special_business
    said = (seller.tax_id, buyer.tax_id, buyer.name, priced.lines, priced.totals)
    return sha256(encode(said if business is None else (*said, business))).hexdigest()
