"""What an OFD carries besides its pages (GB/T 33190-2016 chapter 18): the invoice as structured data.

`einvoice.xml` is byte for byte the archived XML document. The tax-control kinds carry `original_invoice.xml` before it,
which is where readers of their files look.
"""

from collections.abc import Mapping
from datetime import datetime

from libs.common.clock import SHANGHAI
from services.render.ofd.markup import FOLDER, NAMESPACE, write_part
from services.render.ofd.package import Part, make_part


def attach(files: Mapping[str, bytes], issued_at: datetime, first: int) -> list[Part]:
    """The list of XML files, given by their names without the ending and numbered from `first`, and the files."""
    moment = f"{issued_at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M:%S}"
    entries = [
        f'<ofd:Attachment ID="{number}" Name="{name}" Format="xml" CreationDate="{moment}"'
        f' Size="{len(content) / 1024:.3f}" Visible="false"><ofd:FileLoc>{name}.xml</ofd:FileLoc></ofd:Attachment>'
        for number, (name, content) in enumerate(files.items(), first)
    ]
    listed = f"<ofd:Attachments {NAMESPACE}>{''.join(entries)}</ofd:Attachments>"
    return [
        write_part(f"{FOLDER}/Attachs/Attachments.xml", listed),
        *[make_part(f"{FOLDER}/Attachs/{name}.xml", content) for name, content in files.items()],
    ]
