package io.epicfhir.common.query;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of queries: {@code NAME.sql}, whose comments at the top say what it reads and takes, or
 * {@code NAME.json}, a FHIR Library of type sql-query.
 *
 * @see <a href="https://sql-on-fhir.org/ig/StructureDefinition-SQLQuery.html">SQLQuery</a>
 */
public final class QueryFile {
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]*");
  private static final Pattern PARAMETER =
      Pattern.compile("(\\w+)\\s*:\\s*(\\w+)\\s*(\\(optional\\))?\\s*(\\(patient\\))?\\s*(?:,.*)?");
  private static final Pattern TABLE =
      Pattern.compile("(?:lookup\\s+)?(\\w+)(?:\\s+as\\s+(\\w+))?", Pattern.CASE_INSENSITIVE);

  private final String name;
  private final Map<String, String> tables = new LinkedHashMap<>();
  private final List<QueryParameter> parameters = new ArrayList<>();

  private QueryFile(String name) {
    this.name = name;
  }

  /**
   * A query of a folder.
   *
   * @param dialects of a Library's contents, the first that is there is taken; "" is one without
   * @throws QueryRefused where there is none, or it cannot be used
   */
  public static SqlQuery read(Path folder, String name, List<String> dialects) {
    if (!NAME.matcher(name).matches()) {
      throw new QueryRefused(
          "by this name", "use letters, digits and _, beginning with a letter, and no folder");
    }
    QueryFile file = new QueryFile(name);
    try {
      Path sql = folder.resolve(name + ".sql");
      Path library = folder.resolve(name + ".json");
      if (Files.exists(sql)) {
        return file.sql(Files.readString(sql));
      }
      if (Files.exists(library)) {
        return file.library(new ObjectMapper().readTree(Files.readString(library)), dialects);
      }
    } catch (JsonProcessingException e) {
      throw new QueryRefused(name, name + ".json is not valid JSON");
    } catch (IOException e) {
      throw new QueryRefused(name, "the file cannot be read; check that it is readable and UTF-8");
    }
    throw new QueryRefused(name, "there is no " + name + ".sql or " + name + ".json in " + folder);
  }

  /**
   * A query as a FHIR Library.
   *
   * @param dialects as in {@link #read}
   * @throws QueryRefused where it cannot be used
   */
  public static SqlQuery library(String json, List<String> dialects) {
    try {
      JsonNode library = new ObjectMapper().readTree(json);
      return new QueryFile(library.path("name").asText()).library(library, dialects);
    } catch (JsonProcessingException e) {
      throw new QueryRefused("of a Library", "it is not valid JSON");
    }
  }

  private SqlQuery sql(String text) {
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (!line.startsWith("--")) {
        break;
      }
      String[] parts = line.substring(2).strip().split("[:\\s]+", 2);
      String value = parts.length < 2 ? "" : parts[1].strip();
      switch (parts[0]) {
        case "param" -> parameter(value, number);
        case "depends" -> {
          for (String one : value.split(",", -1)) {
            Matcher table = TABLE.matcher(one.strip());
            if (!table.matches()) {
              throw refuse("line " + number + ": depends is NAME, NAME as LABEL, lookup NAME");
            }
            table(table.group(2) == null ? table.group(1) : table.group(2), table.group(1));
          }
        }
        default -> {} // title, description, question: for people
      }
    }
    if (tables.isEmpty()) {
      throw refuse("declare the tables that it reads: -- depends: NAME, NAME as LABEL");
    }
    return new SqlQuery(name, tables, parameters, text);
  }

  private void parameter(String text, int line) {
    Matcher parts = PARAMETER.matcher(text);
    if (!parts.matches()) {
      throw refuse("line " + line + ": a parameter is -- param NAME: TYPE, what it means");
    }
    parameter(parts.group(1), parts.group(2), parts.group(3) != null, parts.group(4) != null);
  }

  private void parameter(String parameter, String type, boolean optional, boolean patient) {
    if (!NAME.matcher(parameter).matches()
        || parameters.stream().anyMatch(one -> one.name().equals(parameter))) {
      throw refuse("the parameter " + parameter + " is not a valid name, or is declared twice");
    }
    QueryParameter.Type known =
        QueryParameter.Type.of(type)
            .orElseThrow(() -> refuse("the parameter " + parameter + " has the type " + type));
    parameters.add(new QueryParameter(parameter, known, optional, patient));
  }

  private void table(String label, String table) {
    if (!NAME.matcher(label).matches() || tables.put(label, table) != null) {
      throw refuse("the label " + label + " is not a valid table name, or is declared twice");
    }
  }

  private SqlQuery library(JsonNode library, List<String> dialects) {
    boolean isQuery = false;
    for (JsonNode coding : library.path("type").path("coding")) {
      isQuery |= coding.path("code").asText().equals("sql-query");
    }
    if (!isQuery || !library.path("resourceType").asText().equals("Library")) {
      throw refuse(name + ".json is not a Library of type sql-query");
    }
    for (JsonNode artifact : library.path("relatedArtifact")) {
      if (artifact.path("type").asText().equals("depends-on")) {
        // The canonical URL of a view, SQLView or lookup ends in its name.
        String url = artifact.path("resource").asText().replaceFirst("\\|.*$", "");
        table(artifact.path("label").asText(), url.substring(url.lastIndexOf('/') + 1));
      }
    }
    for (JsonNode one : library.path("parameter")) {
      if (one.path("use").asText("in").equals("in")) {
        parameter(
            one.path("name").asText(),
            one.path("type").asText(),
            one.path("min").asInt(1) == 0,
            false);
      }
    }
    return new SqlQuery(name, tables, parameters, content(library, dialects));
  }

  private String content(JsonNode library, List<String> dialects) {
    Map<String, String> contents = new LinkedHashMap<>();
    for (JsonNode content : library.path("content")) {
      String[] parts = content.path("contentType").asText().toLowerCase(Locale.ROOT).split(";", -1);
      String dialect = "";
      for (String part : parts) {
        if (part.strip().startsWith("dialect=")) {
          dialect = part.strip().substring("dialect=".length()).replace("\"", "");
        }
      }
      if (parts[0].strip().equals("application/sql")) {
        contents.putIfAbsent(dialect, content.path("data").asText());
      }
    }
    for (String dialect : dialects) {
      if (contents.containsKey(dialect)) {
        try {
          return new String(
              Base64.getMimeDecoder().decode(contents.get(dialect)), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
          throw refuse("content.data is not base64");
        }
      }
    }
    throw refuse("no content of application/sql for this engine, and none without a dialect");
  }

  private QueryRefused refuse(String problem) {
    return new QueryRefused(name, problem);
  }
}
