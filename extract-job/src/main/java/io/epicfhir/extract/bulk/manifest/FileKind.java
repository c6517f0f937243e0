package io.epicfhir.extract.bulk.manifest;

import io.epicfhir.common.lake.Landing;

/** Which of a manifest's lists a file stands in. */
public enum FileKind {
  /** Resources of one type. */
  OUTPUT(""),
  /** Bundles that say what was deleted. */
  DELETED(Landing.DELETED_FILES),
  /** OperationOutcomes about what could not be exported. */
  ERROR("error/");

  private final String prefix;

  FileKind(String prefix) {
    this.prefix = prefix;
  }

  /** What the file's name begins with, so that bronze tells them apart. */
  String prefix() {
    return prefix;
  }
}
