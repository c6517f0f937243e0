package io.epicfhir.common;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.lang.ArchRule;

/** What a module's classes may know of Delta: its public {@code io.delta.tables}, and our log. */
public final class DeltaRules {
  /** Delta's own classes change with every version, and Kernel's interfaces, too. */
  public static final ArchRule NO_INTERNALS_OF_DELTA_OR_KERNEL =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.epicfhir.common.delta..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark.sql.delta..", "io.delta.kernel..");

  private DeltaRules() {}
}
