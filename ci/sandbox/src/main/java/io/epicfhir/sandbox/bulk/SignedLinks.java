package io.epicfhir.sandbox.bulk;

import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.Route;
import io.epicfhir.sandbox.http.Urls;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Links to files that are their own key, as an object store signs them: anyone who has one needs no
 * token, and one that comes with a token is refused.
 */
public final class SignedLinks {
  private static final String SIGNATURE = "signature";

  /** Signature to path. */
  private final Map<String, String> signed = new ConcurrentHashMap<>();

  /** From the file's URL to a link at the origin of files. */
  public Reply redirect(Request request, Urls urls) {
    String signature = UUID.randomUUID().toString();
    signed.put(signature, request.path());
    return new Reply(307)
        .with("Location", urls.fileOrigin() + request.path() + "?" + SIGNATURE + "=" + signature);
  }

  public boolean signs(Request request) {
    return request.query().containsKey(SIGNATURE);
  }

  public Reply answer(Request request, Route route, BulkExports exports) {
    String signature = String.join("", request.query().getOrDefault(SIGNATURE, List.of()));
    if (!request.path().equals(signed.get(signature))) {
      return Reply.text(403, "application/xml", "<Error><Code>AccessDenied</Code></Error>");
    }
    if (request.header("Authorization").isPresent()) {
      return Reply.text(400, "application/xml", "<Error><Code>InvalidArgument</Code></Error>");
    }
    return exports.file(request, route.id(), route.file(), Optional.empty());
  }
}
