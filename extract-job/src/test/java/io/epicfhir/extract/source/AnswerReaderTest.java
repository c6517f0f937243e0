package io.epicfhir.extract.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.answer.TooLong;
import io.epicfhir.extract.source.http.Bodies;
import io.epicfhir.extract.source.http.Intake;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Traffic;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.apache.http.HttpResponse;
import org.apache.http.HttpVersion;
import org.apache.http.entity.ByteArrayEntity;
import org.apache.http.message.BasicHttpResponse;
import org.junit.jupiter.api.Test;

/** What is made of an answer, by its length, its status and what it is named as. */
class AnswerReaderTest {
  private static final Ask ASK = Ask.get("read it", URI.create("https://h/fhir/Patient"), "*/*");

  private final Traffic traffic = new Traffic();
  private final AnswerReader answers =
      new AnswerReader(new Bodies(new ClientOf("https://h/fhir").settings()), Clock.systemUTC());
  private final List<String> taken = new ArrayList<>();
  private final Intake intake =
      new Intake() {
        @Override
        public void take(InputStream body) throws IOException {
          taken.add(new String(body.readAllBytes(), UTF_8));
        }

        @Override
        public void takeForeign(InputStream body) throws IOException {
          taken.add("foreign " + new String(body.readAllBytes(), UTF_8));
        }
      };

  private static HttpResponse answer(int status, String type, String text) {
    HttpResponse response = new BasicHttpResponse(HttpVersion.HTTP_1_1, status, "");
    response.setHeader("Content-Type", type);
    response.setEntity(new ByteArrayEntity(text.getBytes(UTF_8)));
    return response;
  }

  @Test
  void an_answer_may_be_as_long_as_its_limit_and_not_a_byte_longer() throws Exception {
    HttpResponse fits = answer(200, "text/plain", "12345");
    assertThat(answers.whole(ASK, fits, traffic, 5).body()).asString(UTF_8).isEqualTo("12345");

    HttpResponse longer = answer(200, "text/plain", "123456");
    JobException refused =
        catchThrowableOfType(JobException.class, () -> answers.whole(ASK, longer, traffic, 5));
    assertThat(refused)
        .hasCauseInstanceOf(TooLong.class)
        .hasMessage(
            "Cannot read it: the server sent an answer longer than 5 bytes; ask for less at a"
                + " time, or raise the limit");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
  }

  @Test
  void a_refusal_is_thrown_but_for_metadata_whose_caller_asks_once_more() throws Exception {
    assertThatThrownBy(() -> answers.small(ASK, answer(403, "text/plain", "no"), traffic))
        .hasCauseInstanceOf(ServerRefusal.class);

    assertThat(answers.metadata(ASK, answer(403, "text/plain", "no"), traffic).status())
        .isEqualTo(403);
  }

  @Test
  void a_file_is_taken_as_what_it_is_named_as() throws Exception {
    answers.file(ASK, answer(200, "application/fhir+ndjson", "{}\n"), traffic, intake);
    answers.file(ASK, answer(200, "application/xml", "<a/>"), traffic, intake);

    assertThat(taken).containsExactly("{}\n", "foreign <a/>");
  }

  @Test
  void a_success_that_is_no_file_may_be_one_later_and_a_refusal_will_not() {
    assertThatThrownBy(() -> answers.file(ASK, answer(202, "text/plain", "wait"), traffic, intake))
        .isInstanceOf(PassingFailure.class)
        .hasMessageContaining("the server sent no file");
    assertThatThrownBy(() -> answers.file(ASK, answer(404, "text/plain", "none"), traffic, intake))
        .hasCauseInstanceOf(ServerRefusal.class);
    assertThat(taken).isEmpty();
  }
}
