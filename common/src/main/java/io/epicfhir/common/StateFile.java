package io.epicfhir.common;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * A record that is a JSON file of the lake's state. Each says by which version of the contract in
 * {@code common/contracts} it was written; a file without a version is older than versions and has
 * the shape of version 1.
 */
@JsonPropertyOrder("schema_version")
public interface StateFile {
  /** The version that this code writes, and the newest that it reads. */
  int VERSION = 1;

  /** The version that the record is written with. */
  @JsonProperty(value = "schema_version", access = JsonProperty.Access.READ_ONLY)
  default int schemaVersion() {
    return VERSION;
  }
}
