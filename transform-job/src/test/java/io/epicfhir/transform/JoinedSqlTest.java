package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.joined.JoinedResults.Built;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SQL that fails over rows which it never sees over whole tables, and other forms of which each
 * night must give what the whole gives.
 */
class JoinedSqlTest {
  @TempDir private Path folder;
  private TestLake lake;
  private final DrugNights nights = new DrugNights(0);

  /** Drugs m1 (code c1) and m2 (c2); orders a of m1, b and c of m2. */
  @BeforeEach
  void makeLake() {
    lake =
        new TestLake(folder)
            .view(
                "Medication",
                """
                {"resourceType": "ViewDefinition", "name": "drug", "resource": "Medication",
                 "select": [{"column": [{"name": "id", "path": "getResourceKey()"},
                   {"name": "code", "path": "code.coding.code.first()"}]}]}
                """)
            .view(
                "MedicationRequest",
                """
                {"resourceType": "ViewDefinition", "name": "request",
                 "resource": "MedicationRequest",
                 "select": [{"column": [{"name": "id", "path": "getResourceKey()"},
                   {"name": "drug", "path": "medication.ofType(Reference).getReferenceKey(Medication)"}]}]}
                """);
    TestLake.Export first = nextNight();
    drug(first, "m1", "c1");
    drug(first, "m2", "c2");
    order(first, "a", "m1");
    order(first, "b", "m2");
    order(first, "c", "m2").land();
  }

  private TestLake.Export nextNight() {
    return nights.next(lake);
  }

  private TestLake.Export drug(TestLake.Export to, String id, String code) {
    return nights.drug(to, id, code, "night " + nights.number());
  }

  private TestLake.Export order(TestLake.Export to, String id, String drug) {
    return nights.request(to, id, "active", drug);
  }

  private Built built() {
    return lake.transform().joined().joined().done().get("t").built();
  }

  @Test
  void aStatementMayWriteNamesInAnyCase() {
    lake.sql(
        "t.sql",
        """
        -- description: x
        -- depends: request, drug
        -- key: id
        -- touched by drug: SELECT REQUEST.ID FROM request JOIN CHANGED ON request.DRUG = changed.Id
        SELECT request.id, drug.code FROM request JOIN drug ON drug.id = request.drug
        """);
    lake.transform();
    drug(nextNight(), "m1", "c9").land();
    assertThat(built()).isEqualTo(Built.KEYS);
    assertThat(lake.table("joined/t")).containsExactly("a c9", "b c2", "c c2");
  }

  /** Both drugs come again, m2 as it was. */
  @Test
  void aRowThatCameBackAsItWasTouchesNothing() {
    lake.sql(
        "t.sql",
        """
        -- description: x
        -- depends: request, drug
        -- key: id
        -- touched by drug: SELECT r.id FROM request AS r JOIN changed AS c ON r.drug = c.id
        SELECT r.id, d.code FROM request AS r LEFT JOIN drug AS d ON d.id = r.drug
        """);
    lake.transform();
    TestLake.Export both = nextNight();
    drug(both, "m1", "c9");
    drug(both, "m2", "c2").land();
    var done = lake.transform().joined().joined().done().get("t");
    assertThat(List.of(done.built(), done.touched(), done.changed()))
        .isEqualTo(List.of(Built.KEYS, 1L, 1L));
  }

  @Test
  void aColumnIsNotComputedOfRowsThatAFilterTakesAway() {
    lake.sql(
        "t.sql",
        """
        -- description: x
        -- depends: drug
        -- key: id
        WITH numbers AS (SELECT id, code, CAST(substr(code, 2) AS INT) AS number FROM drug)
        SELECT id, number FROM numbers WHERE code LIKE 'c%'
        """);
    TestLake.Export other = nextNight();
    drug(other, "m3", "zz").land();
    assertThat(built()).isEqualTo(Built.WHOLE);
    drug(nextNight(), "m3", "yy").land();
    assertThat(built()).isEqualTo(Built.NONE);
    drug(nextNight(), "m2", "c7").land();
    assertThat(built()).isEqualTo(Built.KEYS);
    assertThat(lake.table("joined/t")).containsExactly("m1 1", "m2 7");
  }

  /** The drug of other keys is there, and none of their orders is. */
  @Test
  void whereRowsOfOtherKeysEndInAnErrorTheTableIsBuiltWhole() {
    lake.sql(
        "t.sql",
        """
        -- description: x
        -- depends: request, drug
        -- key: id
        -- touched by drug: SELECT id FROM changed WHERE id IS NOT NULL
        SELECT d.id, CAST(10 / (SELECT count(*) FROM request AS r WHERE r.drug = d.id) AS INT) AS share
        FROM drug AS d
        """);
    lake.transform();
    order(nextNight(), "d", "m1").land();
    assertThat(built()).isEqualTo(Built.WHOLE);
    assertThat(lake.table("joined/t")).containsExactly("m1 5", "m2 5");
  }

  /** An old row of drug, which the query leaves out, has no number. */
  @Test
  void whereARuleEndsInAnErrorTheTableIsBuiltWhole() {
    lake.sql(
        "t.sql",
        """
        -- description: x
        -- depends: request, drug
        -- key: id
        -- touched by drug: SELECT r.id FROM request AS r JOIN changed AS c ON length(r.drug) = CAST(substr(c.code, 2) AS INT)
        SELECT r.id, d.code FROM request AS r
        LEFT JOIN (SELECT * FROM drug WHERE code LIKE 'c%') AS d
          ON length(r.drug) = CAST(substr(d.code, 2) AS INT)
        """);
    drug(nextNight(), "m3", "zz").land();
    lake.transform();
    order(nextNight(), "a", "m22").land();
    assertThat(built()).isEqualTo(Built.WHOLE);
    assertThat(lake.table("joined/t")).containsExactly("a null", "b c2", "c c2");
  }
}
