package io.epicfhir.extract.source;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.Answers;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.answer.TooLong;
import io.epicfhir.extract.source.http.Bodies;
import io.epicfhir.extract.source.http.Intake;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Traffic;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.Optional;
import org.apache.http.HttpResponse;

/** Reads answers to their end, each within its limit, and sees whether they are what was asked. */
final class AnswerReader {
  private final Bodies bodies;
  private final Clock clock;

  AnswerReader(Bodies bodies, Clock clock) {
    this.bodies = bodies;
    this.clock = clock;
  }

  /** What a server says of itself, or why it does not: not judged yet. */
  Reply metadata(Ask ask, HttpResponse response, Traffic traffic) throws IOException {
    return limited(ask, () -> bodies.whole(ask.what(), response, traffic, Bodies.LONGEST_METADATA));
  }

  /** A small answer that is no refusal. */
  Reply small(Ask ask, HttpResponse response, Traffic traffic) throws IOException, PassingFailure {
    Body body = () -> bodies.small(ask.what(), response, traffic);
    return judged(ask, ask.repeatable() ? limited(ask, body) : headAtLeast(response, body));
  }

  /** Of a request that must not be sent twice the answer's head counts, whatever its body is. */
  private static Reply headAtLeast(HttpResponse response, Body body) {
    try {
      return body.read();
    } catch (IOException e) {
      return new Reply(response, new byte[0]);
    }
  }

  /** An answer of so many bytes at most that is no refusal. */
  Reply whole(Ask ask, HttpResponse response, Traffic traffic, int longest)
      throws IOException, PassingFailure {
    return judged(ask, limited(ask, () -> bodies.whole(ask.what(), response, traffic, longest)));
  }

  /** The answer, unless it is a refusal. */
  Reply judged(Ask ask, Reply reply) throws PassingFailure {
    Answers.check(ask, reply, clock);
    return reply;
  }

  /** Streams a file into the intake; what is not named as NDJSON goes there as foreign. */
  void file(Ask ask, HttpResponse response, Traffic traffic, Intake intake)
      throws IOException, PassingFailure {
    if (response.getStatusLine().getStatusCode() != 200 || response.getEntity() == null) {
      small(ask, response, traffic);
      throw new PassingFailure("the server sent no file", Optional.empty());
    }
    InputStream body = bodies.lines(ask.what(), response, traffic);
    if (Answers.isNdjson(Reply.contentType(response))) {
      intake.take(body);
    } else {
      intake.takeForeign(body);
    }
  }

  private interface Body {
    Reply read() throws IOException;
  }

  /** No try makes a shorter answer of it. */
  private static Reply limited(Ask ask, Body body) throws IOException {
    try {
      return body.read();
    } catch (TooLong e) {
      throw new JobException(
          ExitCode.REFUSED,
          "Cannot "
              + ask.what()
              + ": the server sent "
              + e.getMessage()
              + "; ask for less at a time, or raise the limit",
          e);
    }
  }
}
