package io.epicfhir.transform.sqlviews;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.transform.sqlviews.SqlView.Dependency;
import io.epicfhir.transform.sqlviews.SqlView.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A SQLView as a FHIR Library.
 *
 * @see <a href="https://sql-on-fhir.org/ig/StructureDefinition-SQLView.html">SQLView</a>
 */
final class LibraryFile {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Which content is taken first; the specification's word for Spark is spark-sql. */
  private static final List<String> DIALECTS =
      List.of("spark-sql", "spark", "", "ansi-sql", "ansi");

  private final String file;
  private final JsonNode library;

  private LibraryFile(String file, JsonNode library) {
    this.file = file;
    this.library = library;
  }

  /**
   * Reads it.
   *
   * @throws SqlRefused where it is no SQLView that can be used
   */
  static SqlView read(String text, String file) {
    try {
      return new LibraryFile(file, JSON.readTree(text)).view();
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new SqlRefused(file, line, "this is not valid JSON");
    }
  }

  private SqlView view() {
    String type = library.path("resourceType").asText();
    if (!type.equals("Library") || !isOfType("sql-view")) {
      throw refuse(
          isOfType("sql-query")
              ? "this is a SQLQuery: it takes parameters and makes no table; move it to"
                  + " conf/queries"
              : "this is not a Library of type sql-view");
    }
    String name = library.path("name").asText();
    if (!SqlFile.NAME.matcher(name).matches()) {
      throw refuse(
          "\"name\" becomes the table's name: use letters, digits and _, beginning with a letter");
    }
    if (!library.path("parameter").isEmpty()) {
      throw refuse("a SQLView has no parameter");
    }
    List<Dependency> dependencies = new ArrayList<>();
    library.path("relatedArtifact").forEach(one -> dependencies.add(dependency(one)));
    String sql = sql();
    FrontMatter front = FrontMatter.of(sql, file + ", its SQL");
    if (front.has("depends")) {
      throw refuse("list the tables that it reads under \"relatedArtifact\", not in a comment");
    }
    return SqlFile.view(
        name,
        file,
        library.path("url").asText(),
        SqlView.comment(
            library.path("title").asText(),
            library.path("description").asText(front.text("description")),
            front.text("question")),
        dependencies,
        front,
        sql);
  }

  private boolean isOfType(String code) {
    for (JsonNode coding : library.path("type").path("coding")) {
      if (coding.path("code").asText().equals(code)) {
        return true;
      }
    }
    return false;
  }

  private Dependency dependency(JsonNode artifact) {
    String resource = artifact.path("resource").asText();
    String label = artifact.path("label").asText();
    if (!artifact.path("type").asText().equals("depends-on") || resource.isBlank()) {
      throw refuse("each relatedArtifact must be of type depends-on and have a resource");
    }
    if (label.isBlank()) {
      throw refuse("each relatedArtifact must have a label: the table's name in the SQL");
    }
    return new Dependency(
        Kind.CANONICAL, resource.replaceFirst("\\|.*$", ""), label, Optional.empty());
  }

  private String sql() {
    Map<String, JsonNode> byDialect = new TreeMap<>();
    for (JsonNode content : library.path("content")) {
      String[] parts = content.path("contentType").asText().split(";", -1);
      if (!parts[0].strip().equalsIgnoreCase("application/sql")) {
        throw refuse("each content must be application/sql, with or without a dialect");
      }
      String dialect = "";
      for (String part : parts) {
        String parameter = part.strip().toLowerCase(Locale.ROOT);
        if (parameter.startsWith("dialect=")) {
          dialect = parameter.substring("dialect=".length()).replace("\"", "").strip();
        }
      }
      if (byDialect.put(dialect, content) != null) {
        throw refuse("the dialect \"" + dialect + "\" occurs twice");
      }
    }
    for (String dialect : DIALECTS) {
      if (byDialect.containsKey(dialect)) {
        return decoded(byDialect.get(dialect).path("data").asText());
      }
    }
    throw refuse(
        "no content that Spark can run: add one with dialect=spark-sql or without a dialect");
  }

  private String decoded(String data) {
    try {
      String sql =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Base64.getMimeDecoder().decode(data)))
              .toString();
      if (sql.isBlank()) {
        throw refuse("content.data is empty; it holds the SQL in base64");
      }
      return sql;
    } catch (IllegalArgumentException | CharacterCodingException e) {
      throw refuse("content.data is not base64-encoded UTF-8");
    }
  }

  private SqlRefused refuse(String problem) {
    return new SqlRefused(file, 0, problem);
  }
}
