// Opens OFD files with ofdrw, writes each as text, as PDF by both of its writers and page by page as PNG into a folder.
// Arguments: the folder, then the files. What cannot be read ends the run; what ofdrw has doubts about goes to stderr.

import java.nio.file.Files
import java.nio.file.Path
import org.ofdrw.converter.FontLoader
import org.ofdrw.converter.export.ImageExporter
import org.ofdrw.converter.export.PDFExporterIText
import org.ofdrw.converter.export.PDFExporterPDFBox
import org.ofdrw.converter.export.TextExporter

FontLoader.DEBUG = true // else it is silent about fonts that it cannot load

def convert(exporter) {
    exporter.export()
    exporter.close()
}

def folder = Path.of(args[0])
args.tail().each { path ->
    def source = Path.of(path)
    def target = folder.resolve(source.fileName.toString() - '.ofd')
    Files.createDirectories(target)
    convert(new TextExporter(source, target.resolve('text.txt')))
    convert(new PDFExporterIText(source, target.resolve('itext.pdf')))
    convert(new PDFExporterPDFBox(source, target.resolve('pdfbox.pdf')))
    convert(new ImageExporter(source, target.resolve('pages'), 'PNG', 150 / 25.4d))
}
