"""Seller and buyer as they stand on the invoice."""

from msgspec import Struct


class Seller(Struct, frozen=True):
    """The taxpayer that issues. Texts are empty where nothing is to be printed."""

    name: str
    tax_id: str
    address: str = ""
    phone: str = ""
    bank_name: str = ""
    bank_account: str = ""


class PrintFlags(Struct, frozen=True):
    """Which bank and address lines of the parties stand in the remarks."""

    seller_bank: bool = False
    seller_address: bool = False
    buyer_bank: bool = False
    buyer_address: bool = False


class Buyer(Struct, frozen=True):
    """Whom the invoice is made out to; `email` and `mobile` are contacts and are not printed."""

    name: str
    tax_id: str = ""
    address: str = ""
    phone: str = ""
    bank_name: str = ""
    bank_account: str = ""
    email: str = ""
    mobile: str = ""
    is_individual: bool = False
