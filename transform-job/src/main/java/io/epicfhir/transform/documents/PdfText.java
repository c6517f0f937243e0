package io.epicfhir.transform.documents;

import java.io.IOException;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.contentstream.operator.Operator;
import org.apache.pdfbox.cos.COSBase;
import org.apache.pdfbox.cos.COSDictionary;
import org.apache.pdfbox.io.IOUtils;
import org.apache.pdfbox.io.RandomAccessReadBuffer;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.encryption.InvalidPasswordException;
import org.apache.pdfbox.pdmodel.font.FontMappers;
import org.apache.pdfbox.text.PDFTextStripper;
import org.apache.pdfbox.text.TextPosition;

/**
 * The text of a PDF, page by page, in the order in which the file has it. By PDFBox, which has no
 * bounds of its own: {@link PdfStreams} looks before it unpacks anything, and the steps of the
 * pages are counted, and so is the time. Fonts of the machine are not looked for.
 */
final class PdfText {
  /** What one stream of a PDF may unpack to, in bytes; PDFBox keeps it in memory. */
  static final long MAX_STREAM = 64L << 20;

  /** What all of them may, the pictures too, in bytes. */
  static final long MAX_UNPACKED = 512L << 20;

  /** The steps that the pages may have: a page of dense text has some thousands. */
  static final int MAX_STEPS = 2_000_000;

  private static final int MAX_CHARACTERS = 16 << 20;

  /** A thousand pages of dense text take some seconds. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  static {
    FontMappers.set(new PdfFonts());
  }

  private PdfText() {}

  static PlainText of(byte[] bytes) {
    return of(bytes, LIMIT);
  }

  /**
   * @param limit the time that it may take
   */
  static PlainText of(byte[] bytes, Duration limit) {
    if (!PdfStreams.within(bytes, MAX_STREAM, MAX_UNPACKED)) {
      return PlainText.none(PlainText.TOO_LARGE);
    }
    Deadline deadline = new Deadline(limit);
    try (PDDocument document =
        Loader.loadPDF(
            new Source(bytes, deadline), "", null, null, IOUtils.createMemoryOnlyStreamCache())) {
      if (document.isEncrypted()) {
        return PlainText.none(PlainText.ENCRYPTED);
      }
      StringWriter text = new StringWriter();
      new Pages(deadline).writeText(document, text);
      return PlainText.of(text.toString().strip(), true, "");
    } catch (InvalidPasswordException e) {
      return PlainText.none(PlainText.ENCRYPTED);
    } catch (TooLong | OutOfMemoryError e) {
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

  /** What is asked for again and again while a document is read. */
  private static final class Deadline {
    private static final int OFTEN = 256;
    private final long end;
    private int asked;

    Deadline(Duration limit) {
      this.end = System.nanoTime() + limit.toNanos();
    }

    void check() {
      if (++asked % OFTEN == 0) {
        now();
      }
    }

    void now() {
      if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
        throw new TooLong();
      }
    }
  }

  /** The file; PDFBox searches it in loops of its own. */
  private static final class Source extends RandomAccessReadBuffer {
    private final Deadline deadline;

    Source(byte[] bytes, Deadline deadline) {
      super(bytes);
      this.deadline = deadline;
    }

    @Override
    public int read() throws IOException {
      deadline.check();
      return super.read();
    }
  }

  private static final class Pages extends PDFTextStripper {
    private final PdfFontBounds fonts = new PdfFontBounds();
    private final Deadline deadline;
    private int steps;
    private int characters;

    Pages(Deadline deadline) {
      this.deadline = deadline;
      setLineSeparator("\n");
      setPageEnd("\n");
    }

    @Override
    protected void processOperator(Operator operator, List<COSBase> operands) throws IOException {
      deadline.check();
      if (++steps > MAX_STEPS || !fonts.hold(resources())) {
        throw new TooLong();
      }
      super.processOperator(operator, operands);
    }

    private COSDictionary resources() {
      return getResources() == null ? null : getResources().getCOSObject();
    }

    @Override
    public void processPage(PDPage page) throws IOException {
      deadline.now();
      super.processPage(page);
    }

    @Override
    protected void processTextPosition(TextPosition text) {
      deadline.check();
      super.processTextPosition(text);
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
