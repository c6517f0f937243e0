package io.epicfhir.extract.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.RawServer.Answer;
import io.epicfhir.extract.source.answer.Reply;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers without an end, before the body or in it: each is an answer that did not come. */
@Timeout(60)
class EndlessAnswersTest extends HttpCase {
  private enum Kind {
    HEADER_LINE("HTTP/1.1 200 OK\r\nX: ", "a".repeat(1 << 16), 0),
    HEADERS("HTTP/1.1 200 OK\r\n", "X: a\r\n".repeat(1000), 0),
    GARBAGE("", "what?\r\n".repeat(1000), 0),
    LINE("", "w".repeat(1 << 16), 0),
    PRELIMINARY("", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100), 0),
    SLOW_PRELIMINARY("", "HTTP/1.1 102 Processing\r\n\r\n", 100),
    SLOW_HEADER("HTTP/1.1 200 OK\r\nX: ", "a", 100),
    SLOW_CHUNK(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5;",
        "a",
        100),
    SLOW_BODY(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n",
        "          ".repeat(150),
        100);

    private final String begin;
    private final String part;
    private final int pause;

    Kind(String begin, String part, int pause) {
      this.begin = begin;
      this.part = part;
      this.pause = pause;
    }

    Answer answer() {
      return Answer.endless(begin, () -> slowly(part, pause));
    }

    private static String slowly(String part, int pause) throws IOException {
      try {
        Thread.sleep(pause); // the server's pace is the case
        return part;
      } catch (InterruptedException e) {
        throw new InterruptedIOException();
      }
    }
  }

  private void open(Kind kind) throws IOException {
    server = new RawServer(r -> kind.answer());
    site = new ClientOf(server.url("/fhir")).impatient();
  }

  private static void assertUnavailable(Runnable request) {
    JobException failure = catchThrowableOfType(JobException.class, request::run);
    assertThat(failure.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(failure.getMessage().toLowerCase(Locale.ROOT)).doesNotContain("aaaa", "what?");
  }

  /** A small answer, a search or read, a file, and what must not be sent twice. */
  @ParameterizedTest
  @EnumSource
  void isAServerThatCannotBeReached(Kind kind) throws IOException {
    open(kind);
    List<Runnable> requests = new ArrayList<>();
    requests.add(() -> site.client().send(ask("/fhir/status"), site.traffic));
    requests.add(() -> site.client().fetch(ask("/fhir/Goal"), site.traffic, 1000));
    if (kind == Kind.SLOW_CHUNK || kind == Kind.SLOW_BODY) {
      Reply told = site.client().send(ask("/fhir/$export").once(), site.traffic);
      assertThat(told.status()).as("its head says that the server has done it").isEqualTo(200);
    } else {
      requests.add(() -> site.client().send(ask("/fhir/$export").once(), site.traffic));
    }
    if (kind != Kind.SLOW_BODY) { // a file may be as slow as it likes, if it comes
      requests.add(() -> site.client().download(ask("/files/1"), site.traffic, new Discarded()));
    }
    if (kind == Kind.SLOW_BODY) {
      requests.remove(1); // longer than it may be
    }
    requests.forEach(EndlessAnswersTest::assertUnavailable);
  }

  @Test
  void soIsATokenThatDrips(@TempDir Path folder) throws IOException {
    open(Kind.SLOW_HEADER);
    site.signsIn(folder);

    JobException failure =
        catchThrowableOfType(
            JobException.class, () -> site.client().send(ask("/fhir/x"), site.traffic));

    assertThat(failure.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
  }
}
