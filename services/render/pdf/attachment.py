"""The invoice's XML inside its PDF, as a file associated with the document (ISO 19005-3 6.8, annex E).

It is byte for byte the archived XML document, so its hash is that of the other.
"""

from libs.common.clock import SHANGHAI
from libs.common.file_names import name_document
from services.render.page.face import Face
from services.render.pdf.file import stream, text_string
from services.render.pdf.metadata import pdf_date

OBJECTS = 2
NAME = "EInvoice"  # its key among the embedded files
_DESCRIPTION = text_string("电子发票结构化数据")


def attach(face: Face, xml: bytes, first: int) -> list[bytes]:
    """The file specification (7.11.3), which is object `first` and the one to refer to, and the embedded file."""
    moment = face.issued_at.astimezone(SHANGHAI)
    name = name_document(f"{face.code or ''}{face.number}", face.seller.name, face.issued_at, "xml")
    plain = f"dzfp_{face.code or ''}{face.number}_{moment:%Y%m%d%H%M%S}.xml"
    specification = (
        f"<</Type/Filespec/F({plain})/UF{text_string(name)}/Desc{_DESCRIPTION}/AFRelationship/Data"
        f"/EF<</F {first + 1} 0 R/UF {first + 1} 0 R>>>>"
    )
    about = f"/Params<</Size {len(xml)}/CreationDate({pdf_date(moment)})/ModDate({pdf_date(moment)})>>"
    return [specification.encode(), stream(xml, f"/Type/EmbeddedFile/Subtype/text#2Fxml{about}")]
