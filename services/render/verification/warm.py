"""Loads all that the readers would open files for: once in the jail they can open none. Imported for its effect."""

import codecs

import services.render.verification.readers  # noqa: F401 - what is loaded here
from services.render.fonts.glyphs import FontName, font_file
from services.render.page.layout import FOLDER, load_layout

FONTS: tuple[FontName, ...] = ("song", "kai", "mono")
# Of the XML, of what PDFium answers, and of names in packages.
CODECS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "ascii", "cp437", "idna")

for name in CODECS:
    codecs.lookup(name)
for font in FONTS:
    font_file(font)
for path in FOLDER.glob("*.toml"):
    load_layout(path.stem)
