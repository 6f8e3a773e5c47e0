// Opens OFD files with ofdrw; writes each as text, as PDF by both of its writers and page by page as a picture.
// Arguments: the folder, then the files. What cannot be read ends the run; what ofdrw has doubts about goes to stderr.

import java.awt.image.BufferedImage
import java.nio.file.Files
import java.nio.file.Path
import org.ofdrw.converter.FontLoader
import org.ofdrw.converter.ImageMaker
import org.ofdrw.converter.export.PDFExporterIText
import org.ofdrw.converter.export.PDFExporterPDFBox
import org.ofdrw.converter.export.TextExporter
import org.ofdrw.reader.OFDReader

FontLoader.DEBUG = true // else it is silent about fonts that it cannot load

def convert(exporter) {
    exporter.export()
    exporter.close()
}

// The green of a page as PGM.
def writePicture(BufferedImage page, Path target) {
    def (wide, high) = [page.width, page.height]
    def grey = new BufferedImage(wide, high, BufferedImage.TYPE_BYTE_GRAY)
    grey.raster.setSamples(0, 0, wide, high, 0, page.raster.getSamples(0, 0, wide, high, 1, (int[]) null))
    Files.newOutputStream(target).withCloseable { out ->
        out.write("P5 $wide $high 255\n".bytes)
        out.write(grey.raster.dataBuffer.data)
    }
}

def folder = Path.of(args[0])
args.tail().each { path ->
    def source = Path.of(path)
    def target = folder.resolve(source.fileName.toString() - '.ofd')
    Files.createDirectories(target)
    convert(new TextExporter(source, target.resolve('text.txt')))
    convert(new PDFExporterIText(source, target.resolve('itext.pdf')))
    convert(new PDFExporterPDFBox(source, target.resolve('pdfbox.pdf')))
    def reader = new OFDReader(source)
    def maker = new ImageMaker(reader, 150 / 25.4d)
    maker.pageSize().times { number -> writePicture(maker.makePage(number), target.resolve("${number + 1}.pgm")) }
    reader.close()
}
