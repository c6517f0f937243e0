package io.epicfhir.sandbox.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A fault in JSON, for tests in other processes: {@code
 * {"kind":"FILE","type":"Observation","fault":"reset","parameters":[100000],"times":2}}. The names
 * are those of {@link Fault}'s methods; without kind or type it matches all; {@code times} is 1 if
 * absent, and may be {@code "always"}.
 */
record FaultOrder(Match match, Fault fault, int times) {
  /** The values of a fault, in their order. */
  private record Values(List<String> list) {
    String text(int i) {
      if (i >= list.size()) {
        throw new IllegalArgumentException("parameter " + (i + 1) + " is missing");
      }
      return list.get(i);
    }

    int number(int i) {
      return Integer.parseInt(text(i));
    }

    long size(int i) {
      return Long.parseLong(text(i));
    }
  }

  /** An order that cannot be read is an {@link IllegalArgumentException}. */
  static FaultOrder parse(String json) {
    try {
      JsonNode node = Json.parse(json);
      Match match = new Match(text(node, "kind").map(RequestKind::valueOf), text(node, "type"));
      List<String> values = new ArrayList<>();
      node.path("parameters").forEach(value -> values.add(value.asText()));
      text(node, "parameter").ifPresent(values::add);
      String times = node.path("times").asText("1");
      return new FaultOrder(
          match,
          fault(node.path("fault").asText(), new Values(values)),
          times.equals("always") ? Integer.MAX_VALUE : Integer.parseInt(times));
    } catch (IOException e) {
      throw new IllegalArgumentException("Cannot read fault: it is no JSON", e);
    }
  }

  private static Optional<String> text(JsonNode node, String name) {
    return Optional.of(node.path(name).asText()).filter(text -> !text.isEmpty());
  }

  private static Fault fault(String name, Values values) {
    return switch (name) {
      case "reset" -> Fault.reset(values.size(0));
      case "close" -> Fault.close(values.size(0));
      case "endEarly" -> Fault.endEarly(values.size(0));
      case "stall" -> Fault.stall(values.size(0));
      case "delay" -> Fault.delay(Duration.ofMillis(values.size(0)));
      case "tooManyRequests" -> Fault.tooManyRequests(values.text(0));
      case "busy" -> Fault.busy(values.number(0), values.text(1));
      case "transientError" -> Fault.transientError(values.number(0));
      case "fatal" -> Fault.fatal(values.number(0), values.text(1), values.text(2));
      case "fatalOutcome" -> Fault.fatalOutcome(values.number(0), values.text(1));
      case "answer" -> Fault.answer(values.number(0), values.text(1), values.text(2));
      case "badGateway" -> Fault.badGateway();
      case "redirect" -> Fault.redirect(values.text(0));
      case "gone" -> Fault.gone(values.number(0));
      case "expireToken" -> Fault.expireToken();
      case "stillRunning" -> Fault.stillRunning();
      case "contentType" -> Fault.contentType(values.text(0));
      case "gzipBomb" -> Fault.gzipBomb(values.size(0));
      default -> content(name, values);
    };
  }

  private static Fault content(String name, Values values) {
    return switch (name) {
      case "transactionTime" -> Fault.transactionTime(values.text(0));
      case "manifestCycle" -> Fault.manifestCycle();
      case "wrongCount" -> Fault.wrongCount(values.number(0));
      case "extraLine" -> Fault.extraLine(values.text(0));
      case "longLine" -> Fault.longLine(values.number(0));
      case "errorFile" -> Fault.errorFile(values.text(0), values.text(1), values.text(2));
      case "expireSearch" -> Fault.expireSearch();
      case "emptyPage" -> Fault.emptyPage();
      case "shortPage" -> Fault.shortPage(values.number(0));
      case "shiftPage" -> Fault.shiftPage();
      case "outcomeEntry" -> Fault.outcomeEntry(values.text(0), values.text(1), values.text(2));
      default -> throw new IllegalArgumentException("Cannot plan fault: " + name);
    };
  }
}
