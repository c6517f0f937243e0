package io.epicfhir.transform.views;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ByteOrderMark;
import io.epicfhir.transform.views.ViewDefinition.Column;
import io.epicfhir.transform.views.ViewDefinition.Constant;
import io.epicfhir.transform.views.ViewDefinition.Iteration;
import io.epicfhir.transform.views.ViewDefinition.Select;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads the JSON of one ViewDefinition and says what is wrong with its shape. */
final class ViewDefinitionReader {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** The specification's sql-name: what every database takes unquoted. */
  static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,62}");

  /** The specification's version 2 writes a logical model's URL, of which it has had two. */
  private static final Set<String> TYPES =
      Set.of(
          "ViewDefinition",
          "https://sql-on-fhir.org/ig/StructureDefinition/ViewDefinition",
          "http://hl7.org/fhir/uv/sql-on-fhir/StructureDefinition/ViewDefinition");

  /** What FHIR allows everywhere, and what a person leaves for others. */
  private static final Set<String> ANYWHERE = Set.of("id", "extension", "modifierExtension");

  private static final Set<String> OF_SELECT =
      Set.of("column", "select", "unionAll", "forEach", "forEachOrNull", "repeat");
  private static final Set<String> OF_COLUMN =
      Set.of("name", "path", "type", "collection", "description", "tag");
  private static final Set<String> OF_VIEW = Set.of("select", "where", "constant", "resource");

  private static final Map<String, Iteration> ITERATIONS =
      Map.of(
          "forEach", Iteration.FOR_EACH,
          "forEachOrNull", Iteration.FOR_EACH_OR_NULL,
          "repeat", Iteration.REPEAT);

  private final String origin;

  ViewDefinitionReader(String origin) {
    this.origin = origin;
  }

  ViewDefinition read(String text) {
    String json = ByteOrderMark.removed(text);
    JsonNode view = tree(json);
    String type = text(view, "resourceType");
    if (!type.isEmpty() && !TYPES.contains(type)) {
      throw refuse(
          "its resourceType is " + type,
          "write " + String.join(" or ", TYPES.stream().sorted().toList()));
    }
    noOtherSpelling(view);
    List<Select> selects = selects(list(view, "select"));
    if (selects.isEmpty()) {
      throw refuse("it has no select", "add one with at least one column");
    }
    return new ViewDefinition(
        name(view),
        required(view, "resource", "the view"),
        text(view, "title"),
        text(view, "description"),
        constants(list(view, "constant")),
        list(view, "where").stream().map(w -> required(w, "path", "where")).toList(),
        selects,
        json);
  }

  private JsonNode tree(String json) {
    try {
      JsonNode view = JSON.readTree(json);
      if (!view.isObject()) {
        throw refuse("it is not a JSON object", "give a ViewDefinition");
      }
      return view;
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : " in line "
                  + e.getLocation().getLineNr()
                  + ", column "
                  + e.getLocation().getColumnNr();
      // Of a key that is there twice only the last one would count.
      boolean twice = e.getOriginalMessage().startsWith("Duplicate field");
      throw refuse(
          (twice ? "a key occurs twice" : "it is not valid JSON") + where, e.getOriginalMessage());
    }
  }

  private String name(JsonNode view) {
    String name = text(view, "name");
    return name.isEmpty() ? origin.replaceFirst("\\.json$", "") : sqlName(name, "the view's name");
  }

  private List<Constant> constants(List<JsonNode> nodes) {
    List<Constant> constants = new ArrayList<>();
    for (JsonNode node : nodes) {
      String name = sqlName(required(node, "name", "a constant"), "a constant's name");
      constants.add(
          ConstantReader.read(name, node)
              .orElseThrow(
                  () ->
                      refuse(
                          "constant " + name + " needs exactly one value of a primitive type",
                          "give it one value[x], such as valueString")));
    }
    return constants;
  }

  private List<Select> selects(List<JsonNode> nodes) {
    return nodes.stream().map(this::select).toList();
  }

  private Select select(JsonNode node) {
    known(node, OF_SELECT, "a select");
    List<String> given = ITERATIONS.keySet().stream().filter(node::has).sorted().toList();
    if (given.size() > 1) {
      throw refuse("a select has " + String.join(" and ", given), "keep one of them");
    }
    Select select =
        new Select(
            given.isEmpty() ? Iteration.ONCE : ITERATIONS.get(given.get(0)),
            given.isEmpty() ? List.of() : paths(node, given.get(0)),
            list(node, "column").stream().map(this::column).toList(),
            selects(list(node, "select")),
            selects(list(node, "unionAll")));
    if (select.columns().isEmpty() && select.selects().isEmpty() && select.unionAll().isEmpty()) {
      throw refuse("a select has no columns", "add column, select or unionAll");
    }
    return select;
  }

  private List<String> paths(JsonNode node, String key) {
    if (!key.equals("repeat")) {
      return List.of(required(node, key, "a select"));
    }
    List<JsonNode> paths = list(node, key);
    if (paths.isEmpty() || !paths.stream().allMatch(JsonNode::isTextual)) {
      throw refuse("repeat is not a list of paths", "write \"repeat\": [\"item\"]");
    }
    return paths.stream().map(JsonNode::asText).toList();
  }

  private Column column(JsonNode node) {
    String name = sqlName(required(node, "name", "a column"), "a column's name");
    known(node, OF_COLUMN, "column " + name);
    JsonNode collection = node.path("collection");
    if (!collection.isMissingNode() && !collection.isBoolean()) {
      throw refuse("collection of column " + name + " is not a boolean", "write true or false");
    }
    return new Column(
        name,
        required(node, "path", "column " + name),
        text(node, "type"),
        collection.asBoolean(false),
        text(node, "description"),
        tag(node, "ansi/type"),
        tag(node, "load/index").equals("true"));
  }

  private String tag(JsonNode column, String name) {
    return list(column, "tag").stream()
        .filter(tag -> text(tag, "name").equals(name))
        .map(tag -> text(tag, "value"))
        .findFirst()
        .orElse("");
  }

  private String sqlName(String name, String what) {
    if (!NAME.matcher(name).matches()) {
      throw refuse(
          what + " is " + name, "use letters, digits and _, at most 63, and begin with a letter");
    }
    return name;
  }

  /** A key that is not read would change the rows without a word. */
  private void known(JsonNode node, Set<String> keys, String what) {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String key = entry.getKey();
      if (!keys.contains(key) && !ANYWHERE.contains(key) && !key.startsWith("_")) {
        throw refuse(
            what + " has the key " + key,
            "write one of " + keys.stream().sorted().collect(Collectors.joining(", ")));
      }
    }
  }

  /** A view may carry any of FHIR's metadata, but nothing that was meant as one of these. */
  private void noOtherSpelling(JsonNode view) {
    for (Map.Entry<String, JsonNode> entry : view.properties()) {
      String key = entry.getKey();
      for (String meant : OF_VIEW) {
        String singular = key.endsWith("s") ? key.substring(0, key.length() - 1) : key;
        if (!key.equals(meant) && singular.equalsIgnoreCase(meant)) {
          throw refuse("it has the key " + key, "write " + meant);
        }
      }
    }
  }

  private List<JsonNode> list(JsonNode node, String key) {
    JsonNode list = node.path(key);
    if (!list.isMissingNode() && !list.isArray()) {
      throw refuse(key + " is not a list", "write \"" + key + "\": [...]");
    }
    List<JsonNode> items = new ArrayList<>();
    list.forEach(items::add);
    return items;
  }

  private String required(JsonNode node, String key, String what) {
    String value = text(node, key);
    if (value.isBlank()) {
      throw refuse(what + " has no " + key, "add \"" + key + "\"");
    }
    return value;
  }

  private String text(JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.isMissingNode() && !value.isTextual()) {
      throw refuse(key + " is not a string", "write \"" + key + "\": \"...\"");
    }
    return value.asText("");
  }

  private ViewException refuse(String problem, String advice) {
    return ViewException.invalid("Cannot read view " + origin + ": " + problem + "; " + advice);
  }
}
