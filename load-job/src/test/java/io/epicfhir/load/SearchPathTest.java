package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where everybody may create functions in the schema public, as up to PostgreSQL 14. Those here fit
 * some calls better than PostgreSQL's own, and would run with the rights of who calls.
 */
class SearchPathTest {
  private static final List<String> SIGNATURES =
      List.of(
          "concat_ws(text, smallint, name, oid, integer)",
          "concat_ws(text, integer, text)",
          "format(text, text)",
          "format(text, text, text)",
          "format(text, text, regrole)",
          "format(text, text, text, text)",
          "format(text, name, name)",
          "joined(text, bigint)");

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void functions() throws Exception {
    load = new LoadRun(folder);
    for (String signature : SIGNATURES) {
      load.execute(
          "CREATE FUNCTION public.%s RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'mine'; END $$"
              .formatted(signature));
    }
    load.execute(
        "CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = bigint, FUNCTION = public.joined)");
  }

  @AfterEach
  void end() throws Exception {
    load.execute("DROP OPERATOR public.|| (text, bigint)");
    for (String signature : SIGNATURES) {
      load.execute("DROP FUNCTION public." + signature);
    }
  }

  @Test
  void noFunctionOfOthersIsCalled() throws Exception {
    load.execute("CREATE ROLE {}_reader");
    load.with("reader-role", load.schema() + "_reader");
    load.with("quality.enabled", "true").with("quality.folder", "quality");
    load.with("quality.statement-timeout", "9s").with("quality.keep-rows", "9");
    Files.createDirectories(folder.resolve("quality"));
    Files.writeString(
        folder.resolve("quality/any.sql"),
        """
        -- title: Rows
        -- category: plausibility
        -- tables: a
        -- severity: amber
        -- keys: id
        SELECT id FROM a""");
    for (int rows = 3; rows < 5; rows++) {
      ViewTables.write(load.lake(), "a", plain(), plainRows(rows, "x"));
      assertThat(load.run()).as(() -> load.error()).isZero();
      assertThat(load.report().at("/result/quality/any/state").asText()).isEqualTo("exceeded");
    }
    load.execute("CREATE VIEW {}.report AS SELECT id FROM {}.a");
    ViewTables.write(load.lake(), "a", plain(), plainRows(6, "y"));
    assertThat(load.run()).as(() -> load.error()).isZero();
    assertThat(load.query("SELECT count(*) FROM {}.a")).containsExactly("6");
  }

  @Test
  void noneIsCalledByTheScriptThatASuperuserRuns() throws Exception {
    load.execute(
        Files.readString(Path.of("../conf/postgresql/roles.sql"))
            .replace("'epic_fhir_loader'", "'{}_loader'")
            .replace("'epic_fhir_reader'", "'{}_reader'")
            .replace("'fhir_pipeline'", "'{}_state'")
            .replace("'fhir_quality'", "'{}_quality'")
            .replace("'fhir'", "'{}'"));

    assertThat(load.query("SELECT has_schema_privilege('{}_loader', '{}', 'CREATE')"))
        .containsExactly("t");
  }
}
