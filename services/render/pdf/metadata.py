"""What a file says of itself, twice: as information dictionary (ISO 32000-1 14.3.3) and as XMP (ISO 19005-3 6.6.2)."""

from datetime import datetime
from xml.sax.saxutils import escape

from libs.common.clock import SHANGHAI
from services.render.page.face import Face
from services.render.pdf.file import plain_stream, text_string

PRODUCER = "OpenFapiao"
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" \
xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" pdfaid:part="3" \
pdfaid:conformance="U" pdf:Producer="{producer}" xmp:CreateDate="{time}" xmp:ModifyDate="{time}" \
xmp:MetadataDate="{time}">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>zh-CN</rdf:li></rdf:Bag></dc:language>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def describe(face: Face, title: str) -> list[bytes]:
    """Both objects, the dictionary first; every date is the moment of issue in China."""
    moment = face.issued_at.astimezone(SHANGHAI)
    name, date = f"{title}{face.code or ''}{face.number}", pdf_date(moment)
    information = f"<</Title{text_string(name)}/Producer({PRODUCER})/CreationDate({date})/ModDate({date})>>"
    packet = _PACKET.format(producer=PRODUCER, time=f"{moment:%Y-%m-%dT%H:%M:%S}+08:00", title=escape(name))
    return [information.encode(), plain_stream(packet.encode(), "/Type/Metadata/Subtype/XML")]


def pdf_date(moment: datetime) -> str:
    """A date (7.9.4) of a moment in China."""
    return f"D:{moment:%Y%m%d%H%M%S}+08'00'"
