package io.epicfhir.transform.fhirpath;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.hl7.fhir.r4.fhirpath.ExpressionNode;

/** Every function and operator of FHIRPath that paths may be asked for, and what becomes of it. */
public final class PathFeatures {
  /**
   * A function or an operator.
   *
   * @param name as a path writes it
   * @param meaning what it gives, or why it is refused; may be empty where it is refused
   * @param example a path of a Patient that uses it; empty where it is refused
   */
  public record Feature(String name, String meaning, String example) {
    public boolean supported() {
      return !example.isEmpty();
    }
  }

  private static final List<Feature> FUNCTIONS =
      List.of(
          of("all", "whether a condition is true for all elements", "name.all(use = 'usual')"),
          of("as", "ofType", "deceased.as(boolean)"),
          of(
              "byteCount",
              "ours: how many bytes a base64Binary has",
              "photo.first().data.byteCount()"),
          of("contains", "whether a string contains another one", "id.contains('a')"),
          of("count", "how many elements there are", "name.count()"),
          of("empty", "whether there is no element", "name.empty()"),
          of("endsWith", "whether a string ends with another one", "id.endsWith('a')"),
          of(
              "exists",
              "whether there is an element, or one that meets a condition",
              "name.exists()"),
          of(
              "extension",
              "the extensions with a URL, of primitive elements too",
              "extension('http://x').exists()"),
          of(
              "first",
              "the first element; `[n]` is the one with the number n from 0",
              "name.first().family"),
          of(
              "getReferenceKey",
              "the key in a reference; with a type in brackets, of that type only",
              "managingOrganization.getReferenceKey(Organization)"),
          of("getResourceKey", "the resource's key", "getResourceKey()"),
          of(
              "hasValue",
              "whether it is one primitive element, and has a value",
              "birthDate.hasValue()"),
          of(
              "highBoundary",
              "the upper bound of the value at its written precision; takes no argument",
              "birthDate.highBoundary()"),
          of("iif", "one of two results, by a condition", "iif(active, 'yes', 'no')"),
          of("join", "all strings joined, with a constant between them", "name.given.join(' ')"),
          of("last", "the last element", "name.last().family"),
          of("length", "the number of characters of a string", "id.length()"),
          of(
              "lowBoundary",
              "the lower bound of the value at its written precision; takes no argument",
              "birthDate.lowBoundary()"),
          of("lower", "a string in lower case", "id.lower()"),
          of(
              "matches",
              "whether a regular expression matches anywhere in a string",
              "id.matches('^[a-z]')"),
          of("not", "the opposite", "active.not()"),
          of(
              "ofType",
              "value[x] as one of its types; `string` includes `code`, `id` and `markdown`, `uri` includes"
                  + " `url`, `canonical`, `uuid` and `oid`, `integer` includes `positiveInt` and"
                  + " `unsignedInt`",
              "deceased.ofType(boolean)"),
          of(
              "plainText",
              "ours: the plain text of a document in a base64Binary, by its content type, or of a narrative: text.div.plainText()",
              "photo.first().data.plainText('text/html')"),
          of(
              "plainTextCharset",
              "ours: the charset that its text was read with",
              "photo.first().data.plainTextCharset('text/html')"),
          of(
              "plainTextProblem",
              "ours: why it has no text, or that it is cut off",
              "photo.first().data.plainTextProblem('text/html')"),
          of(
              "sha256",
              "ours: SHA-256 of the bytes of a base64Binary, in hexadecimal digits",
              "photo.first().data.sha256()"),
          of("startsWith", "whether a string starts with another one", "id.startsWith('a')"),
          of("toString", "any value as a string", "active.toString()"),
          of("upper", "a string in upper case", "id.upper()"),
          of(
              "where",
              "the elements that meet a condition",
              "name.where(use = 'usual').family.first()"));

  private static final List<Feature> OPERATORS =
      List.of(
          of("&", "two strings concatenated; an empty value counts as ''", "id & 'x'"),
          of("*", "product", "2 * 3"),
          of("+", "sum; for strings, both concatenated if both have a value", "2 + 3"),
          of("-", "difference, or the sign of a number", "2 - 3"),
          of("/", "quotient, a decimal", "2 / 3"),
          of("<", "less", "birthDate < @2000-01-01"),
          of("<=", "less or equal", "birthDate <= @2000-01-01"),
          of("!=", "not equal", "id != 'a'"),
          of("=", "equal", "id = 'a'"),
          of(">", "greater", "birthDate > @2000-01-01"),
          of(">=", "greater or equal", "birthDate >= @2000-01-01"),
          of("and", "both are true", "active and id = 'a'"),
          of("as", "ofType", "(deceased as boolean)"),
          of("div", "integer part of a division", "7 div 2"),
          of(
              "implies",
              "the right side is true whenever the left side is",
              "active implies id = 'a'"),
          of("in", "whether a list has a value", "id in ('a' | 'b')"),
          of("mod", "remainder of a division", "7 mod 2"),
          of("or", "one is true", "active or id = 'a'"),
          of("xor", "exactly one is true", "active xor id = 'a'"),
          of("|", "the values of both sides, each once", "(id | id).count()"));

  private static final String EVERY_DAY = "a view gives the same rows every day";
  private static final String OTHERS = "a view reads one resource at a time; join tables instead";
  private static final String TYPED =
      "the types of all elements are known when the view is compiled";

  /** Why the ones are refused that people ask for. */
  private static final Map<String, String> REASONS =
      Map.of(
          "now",
          EVERY_DAY,
          "today",
          EVERY_DAY,
          "resolve",
          OTHERS,
          "memberOf",
          "a view asks no terminology server; join a table of codes instead",
          "is",
          TYPED,
          "type",
          TYPED,
          "select",
          "name the path, or use the view's forEach",
          "repeat",
          "use the view's own repeat",
          "children",
          "name the elements",
          "descendants",
          "name the elements, or use the view's own repeat");

  private PathFeatures() {}

  private static Feature of(String name, String meaning, String example) {
    return new Feature(name, meaning, example);
  }

  /** All functions, the supported ones first. */
  public static List<Feature> functions() {
    return all(
        FUNCTIONS,
        Arrays.stream(ExpressionNode.Function.values())
            // Item is [n]; the others are the parser's own.
            .filter(f -> f != ExpressionNode.Function.Item && f != ExpressionNode.Function.Custom)
            .map(ExpressionNode.Function::toCode)
            .filter(name -> name.matches("[a-z][A-Za-z]+") && !name.startsWith("htmlChecks"))
            .toList());
  }

  /** All operators, the supported ones first. */
  public static List<Feature> operators() {
    return all(
        OPERATORS,
        Arrays.stream(ExpressionNode.Operation.values())
            .map(ExpressionNode.Operation::toCode)
            .toList());
  }

  /** Why a function or operator is not supported, to be added to a message; or empty. */
  static String reason(String name) {
    String reason = REASONS.getOrDefault(name, "");
    return reason.isEmpty() ? "" : ": " + reason;
  }

  private static List<Feature> all(List<Feature> supported, List<String> known) {
    Map<String, Feature> features = new LinkedHashMap<>();
    supported.forEach(feature -> features.put(feature.name(), feature));
    for (String name : new TreeSet<>(known)) {
      features.putIfAbsent(name, of(name, REASONS.getOrDefault(name, ""), ""));
    }
    return List.copyOf(features.values());
  }
}
