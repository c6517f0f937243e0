package io.epicfhir.extract.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.source.RawServer.Answer;
import io.epicfhir.extract.source.http.Intake;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Headers and bodies as servers send them; field case H. */
class AnswersOverHttpTest extends HttpCase {
  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }

  private static Answer answer(String type, String coding, byte[] body) {
    Answer answer = new Answer(200, Map.of("Content-Type", type), body);
    return coding.isEmpty() ? answer : answer.with("Content-Encoding", coding);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json | gzip",
        "Application/FHIR+JSON | GZIP",
        "application/json+fhir | x-gzip",
        "application/fhir+json;charset=UTF-8 | Gzip, identity",
        "application/json | ''", // packed, and no header says so
      })
  void a_small_answer_may_be_packed(String type, String coding) throws IOException {
    byte[] packed = gzip("{\"transactionTime\":\"x\"}".getBytes(StandardCharsets.UTF_8));
    SourceClient client = open(r -> answer(type, coding, packed));

    assertThat(client.send(ask("/fhir/status"), site.traffic).text())
        .isEqualTo("{\"transactionTime\":\"x\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "UTF-8, application/json",
    "UTF-8, application/json;charset=ISO-8859-1", // a default that is not meant
    "ISO-8859-1, application/fhir+json; Charset=\"iso-8859-1\"",
    "UTF-16, application/json",
    "UTF-16LE, application/json;charset=utf-16le",
  })
  void a_small_answer_may_be_in_any_charset(String charset, String type) throws IOException {
    byte[] body = "{\"name\":\"J\u00f6rg\"}".getBytes(Charset.forName(charset));
    SourceClient client = open(r -> answer(type, "", body));

    assertThat(client.send(ask("/fhir/status"), site.traffic).text())
        .isEqualTo("{\"name\":\"J\u00f6rg\"}");
    assertThat(client.fetch(ask("/fhir/Patient/1"), site.traffic, 1000).body())
        .isEqualTo("{\"name\":\"J\u00f6rg\"}".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void a_byte_order_mark_before_json_is_no_part_of_it() throws IOException {
    SourceClient client = open(r -> Answer.json("\ufeff{}"));

    assertThat(client.send(ask("/fhir/status"), site.traffic).text()).isEqualTo("{}");
  }

  @Test
  void json_may_come_without_a_media_type_and_a_document_too() throws IOException {
    byte[] icon = {0, 0, 1, 0, 7};
    byte[] marked = "\ufeff{}".getBytes(StandardCharsets.UTF_8);
    SourceClient client =
        open(r -> new Answer(200, Map.of(), r.target().contains("Binary") ? icon : marked));

    assertThat(client.send(ask("/fhir/status"), site.traffic).text()).isEqualTo("{}");
    assertThat(client.fetch(ask("/fhir/Binary/1"), site.traffic, 9).body()).isEqualTo(icon);
  }

  @Test
  void a_document_keeps_its_bytes() throws IOException {
    byte[] document = "\ufeffJ\u00f6rg".getBytes(StandardCharsets.UTF_16LE);
    SourceClient client = open(r -> answer("text/rtf;charset=utf-16", "", document));

    assertThat(client.fetch(ask("/fhir/Binary/1"), site.traffic, 1000).body()).isEqualTo(document);
  }

  @Test
  void an_empty_202_that_is_named_gzip_is_an_answer() throws IOException {
    SourceClient client =
        open(r -> new Answer(202, Map.of("Content-Encoding", "gzip"), new byte[0]));

    assertThat(client.send(ask("/fhir/status"), site.traffic).status()).isEqualTo(202);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Application/FHIR+NDJSON | GZIP",
        "application/x-ndjson | x-gzip",
        "application/ndjson;charset=utf-8 | ''",
        "Application/Octet-Stream | identity",
        "application/gzip | ''",
        "binary/octet-stream; gzipped | ''",
        "application/fhir+ndjson; gzipped | identity",
        "TEXT/Plain | UTF-8",
      })
  void a_file_may_have_any_name_of_ndjson(String type, String coding) throws IOException {
    boolean packed = (type + coding).toLowerCase(Locale.ROOT).contains("gzip");
    byte[] plain = "{}\n".getBytes(StandardCharsets.UTF_8);
    byte[] body = packed ? gzip(plain) : plain;
    SourceClient client = open(r -> answer(type, coding, body));
    ByteArrayOutputStream taken = new ByteArrayOutputStream();

    client.download(
        ask("/file"),
        site.traffic,
        new Intake() {
          @Override
          public void take(InputStream in) throws IOException {
            in.transferTo(taken);
          }

          @Override
          public void takeForeign(InputStream in) {
            throw new AssertionError("it is NDJSON");
          }
        });

    assertThat(taken.toByteArray()).isEqualTo(plain);
  }
}
