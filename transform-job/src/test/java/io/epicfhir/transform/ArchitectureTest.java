package io.epicfhir.transform;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.epicfhir.common.DeltaRules;

@AnalyzeClasses(
    packages = "io.epicfhir.transform",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule NO_OTHER_JOB_IS_SEEN =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.epicfhir.extract..", "io.epicfhir.load..");

  @ArchTest
  static final ArchRule VIEWS_AND_PATHS_KNOW_NO_TABLES =
      noClasses()
          .that()
          .resideInAnyPackage("io.epicfhir.transform.views..", "io.epicfhir.transform.fhirpath..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.epicfhir.transform", "io.delta..");

  @ArchTest
  static final ArchRule TABLES_REACH_VIEWS_ONLY_THROUGH_THE_COMPILER =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.transform")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.epicfhir.transform.fhirpath..", "org.hl7.fhir..");

  @ArchTest
  static final ArchRule SILVER_KNOWS_NO_VIEWS =
      noClasses()
          .that()
          .resideInAnyPackage("io.epicfhir.transform.silver..", "io.epicfhir.transform.delta..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.epicfhir.transform.views..", "io.epicfhir.transform.fhirpath..");

  @ArchTest
  static final ArchRule SQL_VIEWS_KNOW_NO_TABLES =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.transform.sqlviews..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.epicfhir.transform",
              "io.epicfhir.transform.joined..",
              "io.epicfhir.transform.lookups..",
              "io.epicfhir.transform.delta..");

  @ArchTest
  static final ArchRule NO_USER_DEFINED_FUNCTIONS =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark.sql.api.java..")
          .orShould()
          .dependOnClassesThat()
          .haveSimpleName("UserDefinedFunction");

  @ArchTest
  static final ArchRule NO_INTERNALS_OF_DELTA = DeltaRules.NO_INTERNALS_OF_DELTA_OR_KERNEL;
}
