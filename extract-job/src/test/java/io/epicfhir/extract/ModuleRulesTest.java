package io.epicfhir.extract;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

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

  @ArchTest
  static final ArchRule NO_CYCLES =
      slices().matching("io.epicfhir.extract.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule MAINS_ARE_USED_BY_NOBODY =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.extract.*..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.epicfhir.extract");

  @ArchTest
  static final ArchRule THE_SERVER_IS_KNOWN_BY_SOURCE_ALONE =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.extract..")
          .and()
          .resideOutsideOfPackage("io.epicfhir.extract.source..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.epicfhir.extract.source.auth..", "org.apache.http..", "com.nimbusds..")
          .because("a token and a connection are in nobody else's hands");

  @ArchTest
  static final ArchRule SOURCE_KNOWS_NO_WAY =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.extract.source..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.epicfhir.extract.bulk..",
              "io.epicfhir.extract.crawl..",
              "io.epicfhir.extract.bronze..");

  @ArchTest
  static final ArchRule BRONZE_KNOWS_NO_SERVER =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.extract.bronze..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.epicfhir.extract.source..",
              "io.epicfhir.extract.bulk..",
              "io.epicfhir.extract.crawl..");

  @ArchTest
  static final ArchRule A_CRAWL_KNOWS_NO_EXPORT =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.extract.crawl..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.epicfhir.extract.bulk..");

  @ArchTest
  static final ArchRule AN_EXPORT_KNOWS_REFERENCES_ONLY =
      noClasses()
          .that()
          .resideInAPackage("io.epicfhir.extract.bulk..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.epicfhir.extract.crawl..")
                  .and(not(resideInAPackage("io.epicfhir.extract.crawl.references"))))
          .because("of a crawl it needs what it refers to itself, and nothing else");

  @ArchTest
  static final ArchRule PAGES_AND_MANIFESTS_ASK_FOR_NOTHING =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.epicfhir.extract.crawl.pages",
              "io.epicfhir.extract.crawl.index",
              "io.epicfhir.extract.crawl.spool",
              "io.epicfhir.extract.bulk.manifest",
              "io.epicfhir.extract.bulk.ledger",
              "io.epicfhir.extract.bulk.judgement")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.epicfhir.extract.source",
              "io.epicfhir.extract.source.http..",
              "io.epicfhir.extract.source.pace..")
          .because("what came is read, kept and judged without the server");
}
