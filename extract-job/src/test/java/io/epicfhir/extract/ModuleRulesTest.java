package io.epicfhir.extract;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.epicfhir", importOptions = ImportOption.DoNotIncludeTests.class)
class ModuleRulesTest {
  @ArchTest
  static final ArchRule EXTRACT_SEES_NO_OTHER_JOB =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.extract..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.epicfhir.transform..", "io.epicfhir.load..", "io.epicfhir.sandbox..")
          .because("a job is known to others by its files only");

  @ArchTest
  static final ArchRule NO_RDDS =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.extract..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark.rdd..")
          .because("Datasets are planned, RDDs are not");

  @ArchTest
  static final ArchRule NO_FHIR_LIBRARY =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.extract..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ca.uhn.fhir..", "org.hl7.fhir..")
          .because("a FhirContext takes longer to load than a kick-off takes");
}
