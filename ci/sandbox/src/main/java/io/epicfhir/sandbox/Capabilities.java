package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.http.Json;
import io.epicfhir.sandbox.http.Reply;
import io.epicfhir.sandbox.search.SearchParameters;
import io.epicfhir.sandbox.store.ResourceStore;

/** What the server says about itself. */
final class Capabilities {
  private final ResourceStore store;
  private final SearchParameters parameters;

  Capabilities(ResourceStore store, SearchParameters parameters) {
    this.store = store;
    this.parameters = parameters;
  }

  Reply smart(String tokenUrl) {
    ObjectNode node = Json.object().put("token_endpoint", tokenUrl);
    node.putArray("grant_types_supported").add("client_credentials");
    node.putArray("token_endpoint_auth_methods_supported").add("private_key_jwt");
    node.putArray("token_endpoint_auth_signing_alg_values_supported").add("RS384").add("ES384");
    node.putArray("scopes_supported").add("system/*.read").add("system/*.rs");
    node.putArray("capabilities")
        .add("client-confidential-asymmetric")
        .add("permission-v1")
        .add("permission-v2");
    return Reply.json(200, node);
  }

  Reply metadata(String base) {
    ObjectNode statement =
        Json.object()
            .put("resourceType", "CapabilityStatement")
            .put("status", "active")
            .put("date", "2026-01-01")
            .put("kind", "instance")
            .put("fhirVersion", "4.0.1");
    statement.putObject("software").put("name", "Sandbox FHIR server");
    statement.putObject("implementation").put("description", "Sandbox").put("url", base);
    statement.putArray("format").add("json");
    statement
        .putArray("instantiates")
        .add("http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data");
    ObjectNode rest = statement.putArray("rest").addObject().put("mode", "server");
    ArrayNode resources = rest.putArray("resource");
    for (String type : store.counts().keySet()) {
      addType(resources.addObject(), type);
    }
    ObjectNode group = resources.addObject().put("type", "Group");
    group.putArray("interaction").addObject().put("code", "read");
    group
        .putArray("operation")
        .addObject()
        .put("name", "export")
        .put("definition", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export");
    return Reply.fhir(200, statement);
  }

  private void addType(ObjectNode resource, String type) {
    resource.put("type", type);
    resource.putArray("interaction").add(code("read")).add(code("search-type"));
    ArrayNode list = resource.putArray("searchParam");
    for (String name : parameters.names(type)) {
      String kind =
          switch (name) {
            case "patient", "subject" -> "reference";
            case "date", "_lastUpdated" -> "date";
            default -> "token";
          };
      list.addObject().put("name", name).put("type", kind);
    }
  }

  private static ObjectNode code(String code) {
    return Json.object().put("code", code);
  }
}
