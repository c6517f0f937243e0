package io.epicfhir.load;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.epicfhir.common.DeltaRules;

@AnalyzeClasses(packages = "io.epicfhir.load", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule LOAD_SEES_NO_OTHER_JOB =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.epicfhir.extract..", "io.epicfhir.transform..");

  @ArchTest
  static final ArchRule LOAD_KNOWS_NO_FHIR =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ca.uhn.fhir..", "org.hl7.fhir..");

  @ArchTest
  static final ArchRule ONLY_ITS_TARGET_KNOWS_POSTGRES =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.epicfhir.load.spi..",
              "io.epicfhir.load.quality..",
              "io.epicfhir.load.parquet..",
              "io.epicfhir.load.sql..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.epicfhir.load.postgres..", "org.postgresql..", "java.sql..")
          .because("another database comes as another target, without touching the rest");

  @ArchTest
  static final ArchRule TARGETS_ARE_PUT_TOGETHER_BY_MAINS =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.epicfhir.load")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.epicfhir.load");

  @ArchTest
  static final ArchRule NO_CYCLES =
      slices().matching("io.epicfhir.load.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule NO_INTERNALS_OF_DELTA = DeltaRules.NO_INTERNALS_OF_DELTA_OR_KERNEL;
}
