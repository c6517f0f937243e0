package io.epicfhir.sandbox.auth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.http.Request;
import io.epicfhir.sandbox.http.RequestLog;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** SMART Backend Services: a signed assertion against an access token. */
public final class TokenEndpoint {
  private static final String ASSERTION_TYPE =
      "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

  private static final int STUMBLES_EVERY = 3;

  private final ClientAssertion assertion;
  private final AccessTokens tokens;
  private final TokenOptions options;
  private final RequestLog log;
  private final Supplier<Set<String>> types;
  private final AtomicInteger asked = new AtomicInteger();

  public TokenEndpoint(
      ClientAssertion assertion,
      AccessTokens tokens,
      TokenOptions options,
      RequestLog log,
      Supplier<Set<String>> types) {
    this.assertion = assertion;
    this.tokens = tokens;
    this.options = options;
    this.log = log;
    this.types = types;
  }

  public Reply token(Request request, String tokenUrl) {
    if (!request.method().equals("POST")) {
      return error(405, "invalid_request", "use POST");
    }
    boolean third = asked.incrementAndGet() % STUMBLES_EVERY == 0;
    if (third && options.behaves(Behaviour.TOKEN_STUMBLES)) {
      return new Reply(400);
    }
    if (!request.prefers("Content-Type", "application/x-www-form-urlencoded")) {
      return error(400, "invalid_request", "Content-Type is not a form");
    }
    Map<String, List<String>> form = new QueryStringDecoder(request.body(), false).parameters();
    if (!one(form, "grant_type").equals("client_credentials")) {
      return error(400, "unsupported_grant_type", "grant_type is not client_credentials");
    }
    if (!one(form, "client_assertion_type").equals(ASSERTION_TYPE)) {
      return error(400, "invalid_request", "client_assertion_type is not " + ASSERTION_TYPE);
    }
    try {
      String client = assertion.check(one(form, "client_assertion"), tokenUrl);
      return issue(client, Scopes.parse(one(form, "scope")));
    } catch (ClientAssertion.Refused e) {
      return error(401, "invalid_client", e.getMessage());
    }
  }

  private Reply issue(String client, Scopes asked) {
    Scopes granted = new Scopes(options.grantedScopes()).grant(asked);
    if (granted.names().isEmpty()) {
      return error(400, "invalid_scope", "none of the scopes can be granted: " + asked);
    }
    log.tokenIssued();
    ObjectNode body =
        Json.object()
            .put("access_token", tokens.issue(client, granted, options.tokenLifetime()))
            .put("token_type", "bearer")
            .put("expires_in", options.tokenLifetime().toSeconds())
            .put("scope", scope(granted));
    return Reply.json(200, body).with("Cache-Control", "no-store");
  }

  private String scope(Scopes granted) {
    return options.behaves(Behaviour.OLD_SCOPES)
        ? granted.oldForm(types.get())
        : granted.toString();
  }

  private static Reply error(int status, String error, String description) {
    return Reply.json(
            status, Json.object().put("error", error).put("error_description", description))
        .with("Cache-Control", "no-store");
  }

  private static String one(Map<String, List<String>> form, String name) {
    List<String> values = form.getOrDefault(name, List.of());
    return values.size() == 1 ? values.get(0) : "";
  }
}
