package io.epicfhir.transform.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * PDFs written by hand after PDF 32000-1, so that the reader's own writer is not the other side.
 */
@Timeout(60)
class PdfTextTest {
  private static final String HELLO = "BT /F1 12 Tf 72 700 Td (Follow up \\(soon\\)) Tj ET";

  /** A file of one page; without a table of objects, which every reader does without. */
  private static byte[] pdf(String dictionary, byte[] content, String... more) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(
        out,
        "%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n"
            + "2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj\n"
            + "3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R"
            + " /Resources << /Font << /F1 4 0 R >> /XObject << /X0 10 0 R >> >> >> endobj\n"
            + "4 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj\n"
            + String.join("", more)
            + "5 0 obj << /Length "
            + content.length
            + " "
            + dictionary
            + " >>\nstream\n");
    out.writeBytes(content);
    write(out, "\nendstream endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n");
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, String text) {
    out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] flate(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DeflaterOutputStream packed = new DeflaterOutputStream(out, new Deflater(9))) {
      packed.write(content);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  private static byte[] hex(byte[] content) {
    StringBuilder text = new StringBuilder();
    for (byte b : content) {
      text.append("%02x".formatted(b));
    }
    return bytes(text + ">");
  }

  private static PlainText read(byte[] pdf) {
    return Document.ofBytes(pdf).plainText("application/pdf");
  }

  static Stream<Arguments> ways() {
    return Stream.of(
        Arguments.of("in the open", "", bytes(HELLO)),
        Arguments.of("Flate", "/Filter /FlateDecode", flate(bytes(HELLO))),
        Arguments.of("Flate in an array", "/Filter[/FlateDecode]", flate(bytes(HELLO))),
        Arguments.of(
            "hexadecimal and Flate",
            "/Filter [/ASCIIHexDecode /FlateDecode]",
            hex(flate(bytes(HELLO)))),
        Arguments.of("a name with an escape", "/Fil#74er /Flate#44ecode", flate(bytes(HELLO))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ways")
  void aPageIsReadHoweverItIsPacked(String way, String dictionary, byte[] content) {
    assertThat(read(pdf(dictionary, content))).isEqualTo(new PlainText("Follow up (soon)", "", ""));
  }

  @Test
  void whatLiesOnOneLineIsOneLine() {
    String page =
        "BT /F1 12 Tf 72 700 Td (first) Tj 100 0 Td (column) Tj ET"
            + " BT /F1 12 Tf 72 600 Td (second line) Tj ET";
    assertThat(read(pdf("", bytes(page))).text()).isEqualTo("first column\nsecond line");
  }

  static Stream<Arguments> hostile() {
    byte[] zeros = new byte[70 << 20];
    byte[] bomb = flate(zeros);
    return Stream.of(
        Arguments.of("a stream of 70 MB", pdf("/Filter /FlateDecode", bomb)),
        Arguments.of("packed twice", pdf("/Filter [/FlateDecode /Fl]", flate(bomb))),
        Arguments.of(
            "packed twice, said with a comment",
            pdf("/Filter%x\n[ /FlateDecode%]\n/Fl]", flate(bomb))),
        Arguments.of("packed in hexadecimal", pdf("/Filter [/AHx /Fl]", hex(bomb))),
        Arguments.of(
            "filters elsewhere", pdf("/Filter 9 0 R", flate(bomb), "9 0 obj [/Fl /Fl] endobj\n")),
        Arguments.of("a key with an escape", pdf("/#46ilter [/Fl /F#6c]", flate(bomb))),
        Arguments.of(
            "a dictionary that seems to end",
            pdf("/Filter [/Fl /Fl] /X (endobj 7 0 obj <<)", flate(bomb))),
        Arguments.of("LZW", pdf("/Filter /LZWDecode", new byte[64 << 10])),
        Arguments.of("forms in forms", forms()));
  }

  /** Ten forms, each of which shows the next one ten times. */
  private static byte[] forms() {
    StringBuilder forms = new StringBuilder();
    for (int i = 0; i < 10; i++) {
      String content = i == 9 ? HELLO : "/X%d Do ".formatted(i + 1).repeat(10);
      forms.append(
          "%d 0 obj << /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length %d /Resources << /Font << /F1 4 0 R >> /XObject << /X%d %d 0 R >> >> >>\nstream\n%s\nendstream endobj\n"
              .formatted(10 + i, content.length(), i + 1, 11 + i, content));
    }
    return pdf("", bytes("/X0 Do ".repeat(10)), forms.toString());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostile")
  void whatWouldFillMemoryOrTakeDaysIsNotRead(String what, byte[] pdf) {
    assertThat(read(pdf)).isEqualTo(PlainText.none(PlainText.TOO_LARGE));
  }

  /** Ranges of characters that name billions of them. */
  @ParameterizedTest
  @CsvSource({
    "1 beginbfrange <00000000> <7FFFFFFF> <0041> endbfrange",
    "1 beginbfrange <0000> <FFFF> <0041> endbfrange",
    "1 begincodespacerange <00000000> <FFFFFFFF> endcodespacerange",
    "1 begincidrange <00000000> <7FFFFFFF> 0 endcidrange"
  })
  void aFontWithEndlessRangesEnds(String ranges) {
    String map = "begincmap " + ranges + " endcmap";
    String fonts =
        "10 0 obj << /Type /Font /Subtype /Type0 /BaseFont /X /Encoding 11 0 R /ToUnicode 11 0 R /DescendantFonts [12 0 R] >> endobj\n"
            + "12 0 obj << /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >> endobj\n"
            + "11 0 obj << /Length "
            + map.length()
            + " >>\nstream\n"
            + map
            + "\nendstream endobj\n";
    byte[] pdf = pdf("", bytes(HELLO), fonts);
    String text = new String(pdf, StandardCharsets.ISO_8859_1).replace("/F1 4 0 R", "/F1 10 0 R");
    assertThat(read(bytes(text)).text()).isNotEqualTo("Follow up (soon)");
  }

  @Test
  void aLockedOneIsToldFromABrokenOne() throws IOException {
    for (String password : new String[] {"", "secret"}) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (PDDocument document = new PDDocument()) {
        document.addPage(new PDPage());
        document.protect(new StandardProtectionPolicy("owner", password, new AccessPermission()));
        document.save(out);
      }
      assertThat(read(out.toByteArray()).problem()).isEqualTo(PlainText.ENCRYPTED);
    }
    assertThat(read(bytes("%PDF-1.7 x")).problem()).isEqualTo(PlainText.BROKEN);
    assertThat(read(pdf("", bytes("0 0 9 9 re f")))).isEqualTo(PlainText.none("no-text"));
  }

  /** Whatever comes of it: a text or a reason. */
  @ParameterizedTest
  @CsvSource({"1", "2"})
  void aDamagedOneEndsWithATextOrAReason(long seed) {
    Random random = new Random(seed);
    byte[] whole = pdf("/Filter /FlateDecode", flate(bytes(HELLO)));
    for (int i = 0; i < 300; i++) {
      byte[] damaged = whole.clone();
      for (int n = random.nextInt(8); n >= 0; n--) {
        damaged[8 + random.nextInt(damaged.length - 8)] = (byte) random.nextInt();
      }
      assertThat(read(damaged)).isNotNull();
    }
  }

  /** A file of pdfTeX with its objects in packed streams, where such a manual is installed. */
  @Test
  void aBookOfManyPagesIsRead() throws IOException {
    Path manual = Path.of("/usr/share/doc/libtasn1-doc/libtasn1.pdf");
    assumeTrue(Files.exists(manual), "the manual of libtasn1 is not installed");
    PlainText text = read(Files.readAllBytes(manual));
    assertThat(text.problem()).isEmpty();
    assertThat(text.text()).contains("Abstract Syntax Notation", "GNU Free Documentation License");
  }
}
