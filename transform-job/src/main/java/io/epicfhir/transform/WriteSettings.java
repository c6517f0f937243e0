package io.epicfhir.transform;

import io.epicfhir.common.SettingsReader;

/**
 * How changes go into a table.
 *
 * @param deletionVectors when Delta marks rows as deleted instead of rewriting their files
 * @param rewriteBelow a table of fewer bytes is written anew with its changes: that is two plans
 *     where a merge is a dozen
 */
record WriteSettings(DeletionVectors deletionVectors, long rewriteBelow) {

  static WriteSettings from(SettingsReader reader) {
    return new WriteSettings(
        reader.choice("deletion-vectors", DeletionVectors.class), reader.bytes("rewrite-below"));
  }
}
