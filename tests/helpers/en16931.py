"""Outside judges of UBL: the official rules of EN 16931, run by Saxon, and the schemas of UBL 2.1."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor

from tests.helpers.readers import reader_jars

_RULES = "external/schematron/1.3.13/ubl/EN16931-UBL-validation.xslt"
_MAIN = "external/schemas/ubl21/maindoc/UBL-{}-2.1.xsd"
# Schemas that those of UBL import by namespace only, in an order that a reader without a catalogue needs.
_IMPORTED = {
    "urn:un:unece:uncefact:data:specification:CoreComponentTypeSchemaModule:2": "schemas/CCTS_CCT_SchemaModule.xsd",
    "http://www.w3.org/2000/09/xmldsig#": "schemas/xmldsig-core-schema.xsd",
    "http://uri.etsi.org/01903/v1.3.2#": "schemas/XAdES01903v132-201601.xsd",
    "http://uri.etsi.org/01903/v1.4.1#": "schemas/XAdES01903v141-201601.xsd",
}
_REPORT = "{http://purl.oclc.org/dsdl/svrl}"


def unpack_rules(folder: Path) -> Path:
    """All schemas and rules of the jars in one folder."""
    for jar in reader_jars("en16931").glob("*.jar"):
        with zipfile.ZipFile(jar) as archive:
            names = [name for name in archive.namelist() if name.endswith(".xsd") or name == _RULES]
            archive.extractall(folder, names)
    return folder


def open_rules(folder: Path) -> Callable[[bytes], list[str]]:
    """What a document breaks of EN 16931, warnings included; nothing where it complies."""
    processor = PySaxonProcessor(license=False)
    rules = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(folder / _RULES))

    def judge(document: bytes) -> list[str]:
        node = processor.parse_xml(xml_text=document.decode())
        report = etree.fromstring(rules.transform_to_string(xdm_node=node).encode())
        assert report.find(f"{_REPORT}fired-rule") is not None
        return [
            failed.findtext(f"{_REPORT}text").strip() for failed in report.iter(f"{_REPORT}failed-assert")
        ]

    return judge


def open_schema(folder: Path, root: str) -> Callable[[bytes], list[str]]:
    """What a document breaks of the UBL schema of its root element."""
    imports = "".join(
        f'<xs:import namespace="{namespace}" schemaLocation="{(folder / path).as_uri()}"/>'
        for namespace, path in _IMPORTED.items()
    )
    main = (folder / _MAIN.format(root)).as_uri()
    namespace = f"urn:oasis:names:specification:ubl:schema:xsd:{root}-2"
    driver = (
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}'
        f'<xs:import namespace="{namespace}" schemaLocation="{main}"/></xs:schema>'
    )
    schema = etree.XMLSchema(etree.fromstring(driver))

    def judge(document: bytes) -> list[str]:
        schema.validate(etree.fromstring(document))
        return [error.message for error in schema.error_log]

    return judge
