package io.epicfhir.sandbox.front;

import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.Route;
import io.epicfhir.sandbox.http.Urls;
import io.netty.channel.Channel;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One request from its arrival to the last bytes of its answer.
 *
 * @param inFlight requests with a token that were in flight when this one had arrived, with it
 * @param client whose token it carries
 * @param left whether it is no longer in flight
 * @param ended whether it is in the log
 */
public record Exchange(
    Request request,
    Route route,
    Channel channel,
    Urls urls,
    int inFlight,
    Optional<String> client,
    AtomicBoolean left,
    AtomicBoolean ended) {

  Exchange(
      Request request,
      Route route,
      Channel channel,
      Urls urls,
      int inFlight,
      Optional<String> client) {
    this(request, route, channel, urls, inFlight, client, new AtomicBoolean(), new AtomicBoolean());
  }

  Reply reply(Service.Answers answers) {
    try {
      return answers.answer(this);
    } catch (RuntimeException e) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      return Reply.text(500, "text/plain", "Defect of the sandbox: " + trace);
    }
  }

  /** True the first time. */
  boolean leaves() {
    return left.compareAndSet(false, true);
  }

  /** True the first time. */
  boolean ends() {
    return ended.compareAndSet(false, true);
  }
}
