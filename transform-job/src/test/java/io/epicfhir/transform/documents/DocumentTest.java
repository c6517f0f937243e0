package io.epicfhir.transform.documents;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class DocumentTest {
  private static final Charset LATIN = StandardCharsets.ISO_8859_1;

  private static PlainText read(String type, byte[] bytes) {
    return Document.ofBytes(bytes).plainText(type);
  }

  private static String text(String type, String content) {
    PlainText read = read(type, content.getBytes(StandardCharsets.UTF_8));
    assertThat(read.problem()).isEmpty();
    return read.text();
  }

  private static String html(String html) {
    return text("text/html", html);
  }

  private static String rtf(String body) {
    return text("text/rtf", "{\\rtf1\\ansi\\ansicpg1252\\deff0 " + body + "}");
  }

  @Nested
  class Bytes {
    @ParameterizedTest
    @ValueSource(strings = {"aGVsbG8=", "aGVs\nbG8=\r\n", "  aGVsbG8", "aGVs bG8="})
    void base64MayHaveLineBreaksAndNoPadding(String base64) {
      Document hello = Document.ofBase64(base64.getBytes(LATIN));
      assertThat(hello.plainText("text/plain").text()).isEqualTo("hello");
      assertThat(hello.size()).isEqualTo(5);
      assertThat(hello.sha256()) // echo -n hello | sha256sum
          .isEqualTo("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "aGV%", "aGVsbG8=aGVsbG8="})
    void whatIsNoBase64SaysSo(String base64) {
      Document broken = Document.ofBase64(base64.getBytes(LATIN));
      assertThat(broken.plainText("text/plain")).isEqualTo(new PlainText(null, "not-base64", ""));
      assertThat(broken.size()).isEqualTo(-1);
      assertThat(broken.sha256()).isNull();
    }

    @Test
    void noBytesAreEmpty() {
      assertThat(Document.ofBase64(new byte[0]).plainText("text/html").problem())
          .isEqualTo("empty");
    }

    @Test
    void aTextBeyondTheLimitIsTooLargeAndHasItsSize() {
      Document large = Document.ofBytes(new byte[Document.MAX_BYTES + 1]);
      assertThat(large.plainText("text/plain")).isEqualTo(new PlainText(null, "too-large", ""));
      assertThat(large.size()).isEqualTo(Document.MAX_BYTES + 1);
    }
  }

  @Nested
  class Formats {
    @ParameterizedTest
    @CsvSource({
      "application/pdf, x, broken",
      "text/plain, %PDF-1.4, broken",
      "image/jpeg, x, image",
      "audio/mpeg, x, not-text",
      "application/zip, x, not-text",
      "application/octet-stream, x, unknown-format",
      "'', x, unknown-format",
      "text/rtf, no rtf, broken",
      "text/html, '<html><body><img src=\"scan.png\"></body></html>', no-text",
      "text/plain, ' ', no-text",
    })
    void aDocumentWithoutTextSaysWhy(String type, String content, String problem) {
      PlainText read = read(type, content.getBytes(LATIN));
      assertThat(read.text()).isNull();
      assertThat(read.problem()).isEqualTo(problem);
    }

    @ParameterizedTest
    @CsvSource({
      "TEXT/HTML ; charset=UTF-8, <p>a</p>",
      "application/octet-stream, <!DOCTYPE html><p>a</p>",
      "text/plain, <html><p>a</p></html>",
      "'', {\\rtf1 a}",
      "text/plain, {\\rtf1 a}",
      "text/xml, <?xml version='1.0'?><x>a</x>",
      "application/hl7-sda+xml, <x>a</x>",
      "text/markdown, a",
    })
    void theFirstBytesCountMoreThanTheType(String type, String content) {
      assertThat(text(type, content)).isEqualTo("a");
    }
  }

  @Nested
  class Charsets {
    @Test
    void aByteOrderMarkDecidesBeforeTheContentType() {
      byte[] utf8 = "\uFEFFcafé".getBytes(StandardCharsets.UTF_8);
      assertThat(read("text/plain; charset=windows-1252", utf8))
          .isEqualTo(new PlainText("café", "", "utf-8"));
      byte[] utf16 = "\uFEFFcafé".getBytes(StandardCharsets.UTF_16LE);
      assertThat(read("text/plain", utf16)).isEqualTo(new PlainText("café", "", "utf-16le"));
    }

    @ParameterizedTest
    @CsvSource({
      "text/plain; charset=\"windows-1250\", zażółć, windows-1250, ''",
      "text/plain; charset=iso-8859-1, a – b, windows-1252, ''",
      "text/plain, naïve, windows-1252, ''",
      "text/plain; charset=utf-8, naïve, windows-1252, ''",
      "text/plain; charset=nonsense, naïve, utf-8, ''",
      "text/plain, pain, utf-16le, ''",
      "text/html, zażółć, windows-1250, '<meta charset=\"windows-1250\">'",
      "text/html, Привет, windows-1251, '<meta http-equiv=x content=\"text/html; charset=windows-1251\">'",
      "text/xml, naïve, windows-1252, <?xml version='1.0' encoding='ISO-8859-1'?>",
    })
    void typeThenDocumentThenBytesDecide(String type, String text, String charset, String before) {
      String markup = type.contains("xml") ? before + "<a>" + text + "</a>" : before + text;
      assertThat(read(type, markup.getBytes(Charset.forName(charset))))
          .isEqualTo(new PlainText(text, "", charset));
    }

    @Test
    void oneBrokenByteDoesNotMakeUtf8AnotherCharset() {
      byte[] bytes = "äöü ".getBytes(StandardCharsets.UTF_8);
      bytes = Arrays.copyOf(bytes, bytes.length + 1);
      bytes[bytes.length - 1] = (byte) 0xC3;
      assertThat(read("text/plain", bytes).text()).isEqualTo("äöü \uFFFD");
    }

    @Test
    void lineEndsBecomeLineFeedsAndNulIsReplaced() {
      assertThat(text("text/plain", "a\r\nb\rc\nd\0e and more"))
          .isEqualTo("a\nb\nc\nd\uFFFDe and more");
    }
  }

  /** Expected as the standard's innerText gives it, with U+00A0 as a blank. */
  @Nested
  class Html {
    @ParameterizedTest
    @CsvSource({
      "'<p>a</p><p>b</p>', a||b",
      "'<div>a</div><div>b</div>', a|b",
      "'a<br>b<BR/>c', a|b|c",
      "'a  <b>b</b>\n\tc', a b c",
      "'a<span>b</span>', ab",
      "'<h1>T</h1>x<ul><li>1<li>2</ul>y', T|x|1|2|y",
      "'<table><tr><td>a</td><td></td><th><p>b</p></th></tr><tr><td>c</td></tr></table>d', a\t\tb|c|d",
      "'<pre>\n a\r\n  b</pre>c', ' a|  b|c'",
      "'a&nbsp;&nbsp;b', 'a  b'",
      "'&lt;5 &amp; &gt;3 &#8364; &#x20AC; &#150; &eacute; &le; &apos; &copy &bogus; A&B', '<5 & >3 € € – é ≤ '' © &bogus; A&B'",
      "'BP < 120 and >80 <3', BP < 120 and >80 <3",
      "'<style>p{}</style><script>if(a<b)</script><title>T</title>x<!-- no -->y<!-->z', xyz",
      "'a<div hidden>no<div>no</div>no</div>b<span style=\"x:y; display: none\">no</span>c', abc",
      "'<a title=\"x>y\" href=q>link</a>', link",
      "'<o:p>a</o:p>', a",
      "'<p>cut <b>off', cut off",
      "'&#0;&#xD800;&#99999999999;', \uFFFD\uFFFD\uFFFD",
    })
    void readsAsABrowserShowsIt(String html, String text) {
      assertThat(html(html)).isEqualTo(text.replace('|', '\n'));
    }
  }

  @Nested
  class Rtf {
    @ParameterizedTest
    @CsvSource({
      "'a\\par b\\line c\\tab d', a|b|c\td",
      "'caf\\''e9 \\''80 \\''93x\\''94', café € “x”",
      "'{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset238 Arial CE;}}\\f1 za\\''bf\\''f3\\''b3\\''e6\\f0  \\''e9', zażółć é",
      "'{\\fonttbl{\\f0\\fcharset128 Gothic;}}\\f0\\''93\\''fa\\''96\\''7b', 日本",
      "'\\u8364?\\u-10179?\\u-8704?x', €\uD83D\uDE00x",
      "'\\uc2\\u8364\\''80\\''81x{\\uc0\\u946 b}\\u945??y', €xβbαy",
      "'{\\uc1\\u233 ?}\\u233 {\\b e}', éée",
      "'{\\b bold {\\i both} }plain', bold both plain",
      "'{\\*\\generator Word;}{\\info{\\author Ann}}{\\stylesheet{\\s0 Normal;}}x', x",
      "'a{\\pict\\wmetafile8 0102abcd}{\\pict\\bin3 }}}}b', ab",
      "'{\\header Page head}{\\footer foot}body{\\footnote note}', bodynote",
      "'\\trowd\\intbl Na\\cell 140\\cell\\row\\trowd K\\cell\\cell\\row end', Na\t140|K\t|end",
      "'{\\field{\\*\\fldinst HYPERLINK \"http://x\"}{\\fldrslt link}}', link",
      "'\\{a\\} \\\\ b\\~c\\_d\\-e', {a} \\ b c-de",
      "'a{\\v hidden}b{\\deleted gone}c\\v no\\v0 d', abcd",
      "'{\\upr{A?}{\\*\\ud{A\\u946 ?}}}', Aβ",
      "'{\\shp{\\*\\shpinst{\\sp{\\sn x}{\\sv 1}}{\\shptxt box}}{\\shprslt old}}', box",
      "'\\lquote a\\rquote  \\emdash \\bullet', ‘a’ —•",
      "'{\\fonttbl{\\f0 Arial;}{\\f2\\fcharset2 Symbol;}}{\\f2\\''b7}\\tab item', •\titem",
      "'a\\unknownword5 b\\\nc', ab|c",
    })
    void readsAsTheSpecificationSays(String rtf, String text) {
      assertThat(rtf(rtf)).isEqualTo(text.replace('|', '\n'));
    }

    @Test
    void theDocumentsCodePageCounts() {
      assertThat(text("text/rtf", "{\\rtf1\\ansi\\ansicpg1250 \\'b3\\'f3d\\'9f}"))
          .isEqualTo("łódź");
      assertThat(text("text/rtf", "{\\rtf1\\ansi\\ansicpg1251 \\'cf\\'f0}")).isEqualTo("Пр");
    }

    @Test
    void aCutDocumentGivesItsTextAndSaysSo() {
      PlainText cut = read("text/rtf", "{\\rtf1 a {\\b b".getBytes(LATIN));
      assertThat(cut).isEqualTo(new PlainText("a b", "incomplete", "windows-1252"));
    }
  }

  @Nested
  class Xml {
    private static final String CDA =
        """
        <?xml version="1.0"?><cda:ClinicalDocument xmlns:cda="urn:hl7-org:v3"><cda:title>Visit</cda:title>
        <cda:recordTarget><name>Ann</name></cda:recordTarget><component><structuredBody><component><section>
        <code code="x"/><title>Labs</title><text><table><tr><th>Na</th><td>140</td></tr></table>
        <paragraph>Well&#x21; &amp; <content ID="a">fine</content></paragraph><list><item>1</item><item>2</item></list></text>
        <entry><act><text>machine</text></act></entry></section></component></structuredBody></component></cda:ClinicalDocument>
        """;

    @Test
    void ofACcdaTheTitlesAndTheNarrativeCount() {
      assertThat(text("application/xml", CDA))
          .isEqualTo("Visit\n\nLabs\nNa\t140\n\nWell! & fine\n\n1\n2");
    }

    @Test
    void aDocumentThatACcdaWrapsIsReadAsWhatItIs() {
      String wrapped = Base64.getEncoder().encodeToString("{\\rtf1 caf\\'e9}".getBytes(LATIN));
      String cda =
          "<ClinicalDocument><title>T</title><component><nonXMLBody><text mediaType=\"text/rtf\""
              + " representation=\"B64\">"
              + wrapped
              + "</text></nonXMLBody></component></ClinicalDocument>";
      assertThat(text("text/xml", cda)).isEqualTo("café");
    }

    @Test
    void ofOtherXmlAllTextCountsAndNoEntityOfADtdIsExpanded() {
      String bomb =
          "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]><x><y>1 &a;</y><z><![CDATA[<2>]]>&b;</z></x>";
      assertThat(text("text/xml", bomb)).isEqualTo("1 &a;\n<2>&b;");
    }
  }

  /** Each ends within seconds, in the heap of the tests. */
  @Nested
  class Hostile {
    @ParameterizedTest
    @CsvSource({
      "text/html, <div>",
      "text/html, <b><table><tr><td>",
      "text/html, <!a>",
      "text/html, <![",
      "text/html, '<p a=\"'",
      "text/html, &",
      "text/html, <script>",
      "text/html, '<p style=\"display'",
      "text/xml, <!DOCTYPE x [",
      "text/xml, <a>",
      "text/rtf, {",
      "text/rtf, \\u",
      "text/rtf, {\\fonttbl{\\f0\\fcharset2",
      "text/rtf, \\bin99999999999",
      "text/plain, ' '",
    })
    void repeatedForTenMegabytesItTakesSeconds(String type, String part) {
      String start = type.equals("text/rtf") ? "{\\rtf1 " : "";
      byte[] bytes = (start + part.repeat(10_000_000 / part.length())).getBytes(LATIN);
      long from = System.nanoTime();
      read(type, bytes);
      assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(20));
    }
  }
}
