"""XML parts of the package (GB/T 33190-2016 chapter 7)."""

from services.render.ofd.package import Part, make_part
from services.render.page.layout import Layout
from services.render.structured.markup import encode_document

NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
FOLDER = "Doc_0"


def write_part(name: str, root: str) -> Part:
    """A part of which `root` is the root element; raises NotInXml."""
    return make_part(name, encode_document(root))


def write_page(name: str, layout: Layout, layer: int, objects: str, template: int | None = None) -> Part:
    """A page or a template page: one layer, `layer` being its id, over the template page of that id."""
    under = f'<ofd:Template TemplateID="{template}" ZOrder="Background"/>' if template else ""
    return write_part(
        name,
        f"<ofd:Page {NAMESPACE}>{under}<ofd:Area>{physical_box(layout)}</ofd:Area>"
        f'<ofd:Content><ofd:Layer ID="{layer}" Type="Body">{objects}</ofd:Layer></ofd:Content></ofd:Page>',
    )


def physical_box(layout: Layout) -> str:
    """The size of a page."""
    return f"<ofd:PhysicalBox>0 0 {layout.width:g} {layout.height:g}</ofd:PhysicalBox>"
