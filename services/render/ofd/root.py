"""OFD.xml, the entry of the package (GB/T 33190-2016 chapter 7.4): what the document is and where it begins."""

from services.render.ofd.markup import FOLDER, NAMESPACE
from services.render.page.face import Face, head_values, total_tax
from services.render.structured.markup import escape

PRODUCER = "OpenFapiao"
TEMPLATE_VERSION = "1.0"


def write_root(face: Face, title: str, identity: str) -> str:
    """The day of issue is the file's; the named values are those that readers of invoices look for."""
    values = head_values(face)
    named = {
        "发票代码": values["code"],
        "发票号码": values["number"],
        "开票日期": values["issue_date"],
        "合计金额": face.totals.amount,
        "合计税额": total_tax(face),
        "购买方纳税人识别号": values["buyer_tax_id"],
        "销售方纳税人识别号": values["seller_tax_id"],
        "template-version": TEMPLATE_VERSION,
        "native-producer": PRODUCER,
    }
    custom = "".join(
        [
            f'<ofd:CustomData Name="{name}">{escape(value)}</ofd:CustomData>'
            for name, value in named.items()
            if value
        ]
    )
    return (
        f'<ofd:OFD {NAMESPACE} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
        f"<ofd:DocID>{identity}</ofd:DocID><ofd:Title>{escape(title)}</ofd:Title>"
        f"<ofd:CreationDate>{face.issue_date}</ofd:CreationDate><ofd:Creator>{PRODUCER}</ofd:Creator>"
        f"<ofd:CustomDatas>{custom}</ofd:CustomDatas></ofd:DocInfo>"
        f"<ofd:DocRoot>{FOLDER}/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    )
