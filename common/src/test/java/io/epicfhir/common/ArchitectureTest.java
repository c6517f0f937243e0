package io.epicfhir.common;

import static com.tngtech.archunit.base.DescribedPredicate.anyElementThat;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.epicfhir", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule COMMON_SEES_NO_PHASE =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.epicfhir.extract..", "io.epicfhir.transform..", "io.epicfhir.load..");

  @ArchTest
  static final ArchRule COMMON_KNOWS_NEITHER_FHIR_NOR_HTTP_NOR_JDBC =
      noClasses()
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                      "ca.uhn.fhir..",
                      "org.hl7.fhir..",
                      "java.net.http..",
                      "org.apache.http..",
                      "java.sql..")
                  // What Spark's rows have for a timestamp.
                  .and(not(type(java.sql.Timestamp.class))));

  @ArchTest
  static final ArchRule NO_CATCH_ALL_NAMES =
      noClasses()
          .should()
          .haveSimpleNameEndingWith("Utils")
          .orShould()
          .haveSimpleNameEndingWith("Helper")
          .orShould()
          .haveSimpleNameEndingWith("Manager");

  @ArchTest
  static final ArchRule NO_CYCLES =
      slices().matching("io.epicfhir.common.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule WHAT_ALL_NEED_NEEDS_NONE_OF_THEM =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.common")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.epicfhir.common.*..");

  @ArchTest
  static final ArchRule NO_INTERNALS_OF_DELTA = DeltaRules.NO_INTERNALS_OF_DELTA_OR_KERNEL;

  @ArchTest
  static final ArchRule NO_TYPE_OF_KERNEL_LEAVES_THE_ADAPTER =
      noMethods()
          .that()
          .arePublic()
          .and()
          .areDeclaredInClassesThat()
          .arePublic()
          .should()
          .haveRawReturnType(resideInAPackage("io.delta.."))
          .orShould()
          .haveRawParameterTypes(anyElementThat(resideInAPackage("io.delta..")));
}
