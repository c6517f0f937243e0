package io.epicfhir.transform.lookups;

import io.epicfhir.transform.delta.TableState;

/**
 * Where a lookup's table stands, in {@code state/lookups/<name>.json}; written after the commit.
 *
 * @param lookup its name
 * @param file the file that the rows are of
 * @param hash of that file's content
 * @param stamp the file's length and time of change, by which a large file is known without being
 *     read
 * @param url the resource's canonical URL, or empty
 * @param deltaVersion the commit that has the rows
 * @param identity that commit's own identity
 * @param rows in the table
 * @param bytes of its files
 */
public record LookupState(
    String lookup,
    String file,
    String hash,
    String stamp,
    String url,
    long deltaVersion,
    String identity,
    long rows,
    long bytes)
    implements TableState {
  @Override
  public boolean hasAll() {
    return lookup != null
        && file != null
        && hash != null
        && stamp != null
        && url != null
        && identity != null;
  }

  /** The same file's lookup at another commit. */
  LookupState at(long version, String commit, long rowsNow, long bytesNow) {
    return new LookupState(lookup, file, hash, stamp, url, version, commit, rowsNow, bytesNow);
  }

  LookupState stamped(String now) {
    return new LookupState(lookup, file, hash, now, url, deltaVersion, identity, rows, bytes);
  }
}
