package io.epicfhir.load;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

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
  static final ArchRule ONLY_THE_TARGET_NAMES_POSTGRES =
      noClasses()
          .that()
          .haveSimpleNameStartingWith("View")
          .or()
          .haveSimpleName("Target")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.postgresql..", "java.sql..");

  @ArchTest
  static final ArchRule NO_INTERNALS_OF_DELTA = DeltaRules.NO_INTERNALS_OF_DELTA_OR_KERNEL;
}
