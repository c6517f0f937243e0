package io.epicfhir.transform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.common.ColumnMetadata;
import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.transform.sqlviews.RowMark;
import io.epicfhir.transform.views.CompiledViews;
import io.epicfhir.transform.views.ViewCompiler;
import io.epicfhir.transform.views.ViewDefinition;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructType;

/**
 * What the settings say about resources by their <a
 * href="https://hl7.org/fhir/R4/security-labels.html">security labels</a>: every view gets one more
 * where, or one more column. So a label that comes or goes changes rows as any other change does,
 * and another policy makes the views anew.
 *
 * @param leaveOut labels whose resources are in no view
 * @param mark labels whose resources have true in the column {@value #COLUMN} of every view
 * @param binaries what is known of a Binary, whose text may be that of a labelled document
 */
record SecurityLabels(List<Label> leaveOut, List<Label> mark, Binaries binaries) {
  static final SecurityLabels NONE =
      new SecurityLabels(List.of(), List.of(), Binaries.ALL_LABELLED);

  /** Which Binaries have a label of the lists. */
  enum Binaries {
    /**
     * Any may: FHIR gives a Binary the access rules of <a
     * href="https://hl7.org/fhir/R4/binary.html#security">what it belongs to</a>, and that is not
     * known here.
     */
    ALL_LABELLED,
    /** Those that have it in their own meta.security, though few servers put any there. */
    OWN_LABELS,
    /**
     * Those, and those that a labelled resource names; one that nothing names may be anybody's, and
     * counts as labelled.
     */
    OF_DOCUMENTS
  }

  /** The column by which rows are marked. */
  static final String COLUMN = RowMark.COLUMN;

  private static final String MEANING =
      "Whether the resource has a security label of the site's list";

  private static final String BLOCK = "security-labels";
  private static final String EXPECTED =
      "a label's code, such as R, or system|code, such as"
          + " http://terminology.hl7.org/CodeSystem/v3-ActCode|PSY";
  private static final Pattern FORM = Pattern.compile("(?:([^|\\s'\"\\\\]+)\\|)?([^|\\s'\"\\\\]+)");
  private static final String BEGIN = "(meta.security.where(";

  /** A label that cannot be read may be any: it counts as one of the list. */
  private static final String END = ").exists() or %unreadSecurityLabel)";

  private static final String NONE_OF_THEM = END + ".not()";

  /** So may one of a document that names the Binary. */
  private static final String END_LEFT_OUT =
      ").exists() or %unreadSecurityLabel or %leftOutByDocument)";

  private static final String END_MARKED =
      ").exists() or %unreadSecurityLabel or %markedByDocument)";

  private static final String NONE_OF_DOCUMENTS = END_LEFT_OUT + ".not()";

  /** The criterion of a Binary that may have any label; it lets nothing through. */
  private static final String NO_BINARY = "true.not()";

  private static final String BINARY = "Binary";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /**
   * A label.
   *
   * @param system empty for any
   */
  record Label(String system, String code) {
    private String criterion() {
      String isCode = "code = '" + code + "'";
      return system.isEmpty() ? isCode : "(system = '" + system + "' and " + isCode + ")";
    }
  }

  /** Reads the block {@code transform.security-labels}, which may be missing. */
  static SecurityLabels from(SettingsFile file) {
    if (!file.reader("transform").partly().has(BLOCK)) {
      return NONE;
    }
    SettingsReader reader = file.reader("transform." + BLOCK);
    SecurityLabels labels =
        new SecurityLabels(
            labels(reader, "leave-out"),
            labels(reader, "mark"),
            reader.has("binaries")
                ? reader.choice("binaries", Binaries.class)
                : Binaries.ALL_LABELLED);
    reader.check();
    return labels;
  }

  private static List<Label> labels(SettingsReader reader, String key) {
    List<String> texts = reader.has(key) ? reader.texts(key) : List.of();
    return texts.stream().map(text -> label(reader, key, text)).flatMap(Optional::stream).toList();
  }

  private static Optional<Label> label(SettingsReader reader, String key, String text) {
    var form = FORM.matcher(text);
    if (!form.matches()) {
      reader.problem(key, text, EXPECTED);
      return Optional.empty();
    }
    return Optional.of(new Label(Optional.ofNullable(form.group(1)).orElse(""), form.group(2)));
  }

  /** The view as the policy wants it; the same where there is no policy. */
  ViewDefinition applied(ViewDefinition view, String file) {
    if (leaveOut.isEmpty() && mark.isEmpty()) {
      return view;
    }
    boolean binary = view.resource().equals(BINARY);
    boolean any = binary && binaries == Binaries.ALL_LABELLED;
    boolean named = binary && binaries == Binaries.OF_DOCUMENTS;
    try {
      ObjectNode json = (ObjectNode) JSON.readTree(view.json());
      if (!leaveOut.isEmpty()) {
        array(json, "where")
            .addObject()
            .put("path", any ? NO_BINARY : noneOf(named ? NONE_OF_DOCUMENTS : NONE_OF_THEM));
      }
      if (!mark.isEmpty()) {
        column(
            array(json, "select").addObject(),
            any ? "true" : BEGIN + any(mark) + (named ? END_MARKED : END));
      }
      return ViewDefinition.parse(JSON.writeValueAsString(json), file);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot read what was read before: " + file, e);
    }
  }

  private String noneOf(String end) {
    return BEGIN + any(leaveOut) + end;
  }

  /** Whether a Binary's labels are those of what names it. */
  boolean followsDocuments() {
    return binaries == Binaries.OF_DOCUMENTS && !(leaveOut.isEmpty() && mark.isEmpty());
  }

  /** Of a resource that may name Binaries: whether the lists leave it out, and mark it. */
  CompiledViews ofDocument(String type) {
    ObjectNode json = JSON.createObjectNode().put("name", "labels").put("resource", type);
    ArrayNode columns = json.putArray("select").addObject().putArray("column");
    columns.addObject().put("name", "left_out").put("path", has(leaveOut));
    columns.addObject().put("name", "marked").put("path", has(mark));
    return ViewCompiler.compile(type, List.of(ViewDefinition.parse(json.toString(), "labels")));
  }

  private static String has(List<Label> labels) {
    return labels.isEmpty() ? "true.not()" : BEGIN + any(labels) + END;
  }

  private static void column(ObjectNode select, String path) {
    select
        .putArray("column")
        .addObject()
        .put("name", COLUMN)
        .put("path", path)
        .put("type", "boolean")
        .put("description", MEANING);
  }

  /** An absent list is as good as an empty one. */
  private static ArrayNode array(ObjectNode json, String name) {
    return json.get(name) instanceof ArrayNode there ? there : json.putArray(name);
  }

  private static String any(List<Label> labels) {
    return labels.stream().map(Label::criterion).collect(Collectors.joining(" or "));
  }

  /** Whether the policy marks a view's rows. */
  static boolean areMarked(StructType columns) {
    return Arrays.stream(columns.fields())
        .filter(column -> column.name().equals(COLUMN))
        .anyMatch(column -> isMark(column.metadata()));
  }

  private static boolean isMark(Metadata column) {
    return column.contains(ColumnMetadata.DESCRIPTION)
        && column.getString(ColumnMetadata.DESCRIPTION).equals(MEANING);
  }

  /** Whether a view takes all resources but those of labels that the policy leaves out. */
  static boolean isOnlyCriterion(List<String> where) {
    return where.size() == 1
        && (where.get(0).equals(NO_BINARY)
            || (where.get(0).startsWith(BEGIN)
                && (where.get(0).endsWith(NONE_OF_THEM)
                    || where.get(0).endsWith(NONE_OF_DOCUMENTS))));
  }
}
