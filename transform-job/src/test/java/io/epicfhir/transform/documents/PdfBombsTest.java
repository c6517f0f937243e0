package io.epicfhir.transform.documents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small files that would keep a reader busy for hours, or fill its memory. */
@Timeout(20)
class PdfBombsTest {
  private static final String HELLO = "BT /F1 12 Tf 72 700 Td <00410042> Tj ET";
  private static final String DESCENDANT =
      "/Type /Font /Subtype /Type0 /BaseFont /Arial /Encoding /Identity-H /DescendantFonts [7 0 R]";

  private static String stream(int number, String content) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(packed)) {
      out.write(content.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return "%d 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n"
        .formatted(number, packed.size(), packed.toString(StandardCharsets.ISO_8859_1));
  }

  private static byte[] pdf(int pages, String content, String font, String more) {
    String text =
        "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Count "
            + pages
            + " /Kids ["
            + "3 0 R ".repeat(pages)
            + "] >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
            + " /Resources << /Font << /F1 5 0 R >> >> >>\nendobj\n"
            + stream(4, content)
            + "5 0 obj\n<< "
            + font
            + " >>\nendobj\n"
            + more
            + "trailer\n<< /Root 1 0 R >>\n%%EOF\n";
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String widths(String widths) {
    return "7 0 obj\n<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Arial /CIDSystemInfo"
        + " << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor 8 0 R "
        + widths
        + " >>\nendobj\n8 0 obj\n<< /Type /FontDescriptor /FontName /Arial /Flags 4 >>\nendobj\n"
        + "9 0 obj\n[0 2000000000 500]\nendobj\n";
  }

  private static String map(int ranges) {
    return "/CIDInit /ProcSet findresource begin\nbegincmap\n1 begincodespacerange\n<0000> <ffff>\n"
        + "endcodespacerange\n"
        + ranges
        + " beginbfrange\n"
        + "<0000> <ffff> <0001>\n".repeat(ranges)
        + "endbfrange\nendcmap\n";
  }

  private static String problem(byte[] pdf) {
    return PdfText.of(pdf).problem();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/W [0 2000000000 500]", "/W 9 0 R", "/W2 [0 2000000000 500 0 0]", "/W [-9 9 1]"})
  void widthsOfMoreCharactersThanThereAre(String widths) {
    assertThat(problem(pdf(1, HELLO, DESCENDANT, widths(widths)))).isEqualTo("too-large");
  }

  @Test
  void aFontOfAllCharactersIsRead() {
    byte[] pdf =
        pdf(
            1,
            HELLO,
            DESCENDANT + " /ToUnicode 6 0 R",
            widths("/W [0 65535 500]") + stream(6, map(1)));
    assertThat(PdfText.of(pdf).text()).isEqualTo("BC");
  }

  @Test
  void aTableOfTextsThatRepeatsItself() {
    byte[] pdf =
        pdf(1, HELLO, DESCENDANT + " /ToUnicode 6 0 R", widths("") + stream(6, map(20_000)));
    assertThat(problem(pdf)).isEqualTo("too-large");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.5 ", "/a ", "(q) ", "<00> ", "true ", "[", "% (\n1 "})
  void operandsWithoutAnOperator(String operand) {
    byte[] pdf =
        pdf(1, operand.repeat((60 << 20) / operand.length()), "/Type /Font /Subtype /Type1", "");
    assertThat(problem(pdf)).isEqualTo("too-large");
  }

  @Test
  void onePageAgainAndAgainEndsWithTheTime() {
    String operands = "1.5 ".repeat(400_000) + "m\n";
    byte[] pdf = pdf(5_000, operands, "/Type /Font /Subtype /Type1", "");
    assertThat(PdfText.of(pdf, Duration.ofSeconds(2)).problem()).isEqualTo("too-large");
  }
}
