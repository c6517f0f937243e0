package io.epicfhir.sandbox.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;

/** What the server was asked, so that a test can assert it. */
public final class RequestLog {
  private static final int KEPT = 10_000;

  /**
   * One answered request.
   *
   * @param uri path and query
   * @param authorized whether it carried an Authorization header
   */
  public record Entry(
      RequestKind kind, String method, String uri, int status, boolean authorized) {}

  private final Map<RequestKind, Long> counts = new EnumMap<>(RequestKind.class);
  private final Deque<Entry> entries = new ArrayDeque<>();
  private int inFlight;
  private int maxInFlight;
  private long earlyPolls;
  private long earlyRequests;
  private long overLimit;
  private long tokensIssued;
  private long bytesSent;

  private long exportsStarted;
  private long authorizedAtFileOrigin;
  private IntSupplier exportsKept = () -> 0;

  public synchronized int begin() {
    inFlight++;
    maxInFlight = Math.max(maxInFlight, inFlight);
    return inFlight;
  }

  public synchronized void end() {
    inFlight--;
  }

  public synchronized void answered(RequestKind kind, Request request, int status, long bytes) {
    bytesSent += bytes;
    counts.merge(kind, 1L, Long::sum);
    entries.addLast(
        new Entry(
            kind,
            request.method(),
            request.uri(),
            status,
            request.header("Authorization").isPresent()));
    if (entries.size() > KEPT) {
      entries.removeFirst();
    }
  }

  public synchronized void exports(IntSupplier kept) {
    exportsKept = kept;
  }

  public synchronized void exportStarted() {
    exportsStarted++;
  }

  public synchronized void authorizedAtFileOrigin() {
    authorizedAtFileOrigin++;
  }

  public synchronized void earlyPoll() {
    earlyPolls++;
  }

  public synchronized void earlyRequest() {
    earlyRequests++;
  }

  public synchronized void overTheLimit() {
    overLimit++;
  }

  public synchronized void tokenIssued() {
    tokensIssued++;
  }

  /** How many requests of this kind were answered, well or not. */
  public synchronized long count(RequestKind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  /** The last 10,000 requests, oldest first. */
  public synchronized List<Entry> entries() {
    return new ArrayList<>(entries);
  }

  /**
   * The highest number of requests with a token that were in flight at one time: from the arrival
   * until just before the last bytes of the answer leave.
   */
  public synchronized int maxInFlight() {
    return maxInFlight;
  }

  /** Polls of a status URL before its Retry-After had passed. */
  public synchronized long earlyPolls() {
    return earlyPolls;
  }

  /** Requests with a token that came before the Retry-After of a 429 or 503 had passed. */
  public synchronized long earlyRequests() {
    return earlyRequests;
  }

  /** Requests refused because more were in flight than the server allows. */
  public synchronized long overLimit() {
    return overLimit;
  }

  /** Access tokens given out. */
  public synchronized long tokensIssued() {
    return tokensIssued;
  }

  /** Bytes of bodies, as they went over the wire. */
  public synchronized long bytesSent() {
    return bytesSent;
  }

  /** Kick-offs that started an export, whether the client heard of it or not. */
  public synchronized long exportsStarted() {
    return exportsStarted;
  }

  /** Exports that are neither deleted nor expired. */
  public int exportsKept() {
    return exportsKept.getAsInt();
  }

  /** Requests with an Authorization header at the origin that needs none. */
  public synchronized long fileOriginAuthorizations() {
    return authorizedAtFileOrigin;
  }

  /** Forgets everything but what is in flight now. */
  public synchronized void clear() {
    counts.clear();
    entries.clear();
    maxInFlight = inFlight;
    earlyPolls = 0;
    earlyRequests = 0;
    overLimit = 0;
    tokensIssued = 0;
    bytesSent = 0;
    exportsStarted = 0;
    authorizedAtFileOrigin = 0;
  }

  public synchronized ObjectNode toJson() {
    ObjectNode node = Json.object();
    ObjectNode byKind = node.putObject("counts");
    counts.forEach((kind, count) -> byKind.put(kind.name(), count));
    return node.put("maxInFlight", maxInFlight)
        .put("earlyPolls", earlyPolls)
        .put("earlyRequests", earlyRequests)
        .put("overLimit", overLimit)
        .put("tokensIssued", tokensIssued)
        .put("exportsStarted", exportsStarted)
        .put("exportsKept", exportsKept())
        .put("fileOriginAuthorizations", authorizedAtFileOrigin)
        .put("bytesSent", bytesSent);
  }
}
