package io.epicfhir.sandbox;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.epicfhir.sandbox",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule NO_CYCLES =
      slices().matching("io.epicfhir.sandbox.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule PARTS_ARE_PUT_TOGETHER_BY_THE_SERVER =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.epicfhir.sandbox")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.epicfhir.sandbox");

  @ArchTest
  static final ArchRule ENDPOINTS_KNOW_NO_FRONT =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.epicfhir.sandbox.auth..",
              "io.epicfhir.sandbox.bulk..",
              "io.epicfhir.sandbox.search..",
              "io.epicfhir.sandbox.admin..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.epicfhir.sandbox.front..", "io.netty.channel..")
          .because("an endpoint turns a request into a reply, and one class writes it");
}
