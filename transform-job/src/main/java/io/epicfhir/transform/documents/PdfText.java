package io.epicfhir.transform.documents;

import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.contentstream.operator.Operator;
import org.apache.pdfbox.cos.COSBase;
import org.apache.pdfbox.io.IOUtils;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.encryption.InvalidPasswordException;
import org.apache.pdfbox.pdmodel.font.FontMappers;
import org.apache.pdfbox.text.PDFTextStripper;

/**
 * The text of a PDF, page by page, in the order in which the file has it. By PDFBox, which has no
 * bounds of its own: {@link PdfStreams} looks before it unpacks anything, and the steps of the
 * pages are counted. Fonts of the machine are not looked for.
 */
final class PdfText {
  /** What one stream of a PDF may unpack to, in bytes; PDFBox keeps it in memory. */
  static final long MAX_STREAM = 64L << 20;

  /** What all of them may, the pictures too, in bytes. */
  static final long MAX_UNPACKED = 512L << 20;

  /** The steps that the pages may have: a page of dense text has some thousands. */
  static final int MAX_STEPS = 2_000_000;

  private static final int MAX_CHARACTERS = 16 << 20;

  static {
    FontMappers.set(new PdfFonts());
  }

  private PdfText() {}

  static PlainText of(byte[] bytes) {
    if (!PdfStreams.within(bytes, MAX_STREAM, MAX_UNPACKED)) {
      return PlainText.none(PlainText.TOO_LARGE);
    }
    try (PDDocument document =
        Loader.loadPDF(bytes, "", null, null, IOUtils.createMemoryOnlyStreamCache())) {
      if (document.isEncrypted()) {
        return PlainText.none(PlainText.ENCRYPTED);
      }
      StringWriter text = new StringWriter();
      new Pages().writeText(document, text);
      return PlainText.of(text.toString().strip(), true, "");
    } catch (InvalidPasswordException e) {
      return PlainText.none(PlainText.ENCRYPTED);
    } catch (TooLong e) {
      return PlainText.none(PlainText.TOO_LARGE);
    } catch (IOException | RuntimeException | StackOverflowError e) {
      // A damaged file meets PDFBox anywhere.
      return PlainText.none(PlainText.BROKEN);
    }
  }

  /** There is more of it than is read. */
  private static final class TooLong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLong() {
      super("more steps than are read", null, false, false);
    }
  }

  private static final class Pages extends PDFTextStripper {
    private int steps;
    private int characters;

    Pages() {
      setLineSeparator("\n");
      setPageEnd("\n");
    }

    @Override
    protected void processOperator(Operator operator, List<COSBase> operands) throws IOException {
      if (++steps > MAX_STEPS) {
        throw new TooLong();
      }
      super.processOperator(operator, operands);
    }

    @Override
    protected void writeString(String text) throws IOException {
      characters += text.length();
      if (characters > MAX_CHARACTERS) {
        throw new TooLong();
      }
      super.writeString(text);
    }
  }
}
