package io.epicfhir.transform.fhirpath;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.contains;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.regexp_extract;
import static org.apache.spark.sql.functions.startswith;
import static org.apache.spark.sql.functions.when;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;

/**
 * The key that a reference holds: the id of Type/id, also where the reference is absolute or names
 * a version, and the UUID of urn:uuid. A search (Type?identifier=...) or a contained resource (#id)
 * has no key. A UUID counts as of any type unless Reference.type says another: it can never meet
 * the key of a resource of another type by chance.
 */
final class ReferenceKeys {
  private static final String URN = "urn:uuid:";
  private static final String END = "(?:/_history/[^/?#]+)?$";

  private ReferenceKeys() {}

  static Column key(Column reference, String target) {
    Column text = reference.getField("reference");
    Column urn =
        when(
            target.isEmpty()
                ? lit(true)
                : coalesce(reference.getField("type").equalTo(target), lit(true)),
            after(text, URN));
    return when(startswith(text, lit(URN)), urn).otherwise(typed(text, target));
  }

  private static Column typed(Column text, String target) {
    String type = target.isEmpty() ? "[A-Z][A-Za-z]*" : target;
    Column found = regexp_extract(text, "^(?:[^?#]*/)?" + type + "/([^/?#|]+)" + END, 1);
    Column key = when(length(found).gt(0), found);
    if (target.isEmpty()) {
      return key;
    }
    // Nearly all references are Type/id: plain string functions are cheaper than a regex.
    Column id = after(text, target + "/");
    Column plain = startswith(text, lit(target + "/")).and(not(ends(id)));
    return when(plain, id).otherwise(key);
  }

  /** What follows an ASCII prefix: by bytes, for Spark's own substring counts characters. */
  private static Column after(Column text, String prefix) {
    Column bytes = text.cast(DataTypes.BinaryType);
    return functions
        .substring(bytes, prefix.length() + 1, Integer.MAX_VALUE)
        .cast(DataTypes.StringType);
  }

  /** Whether there is more than an id: a version, a query, a fragment. */
  private static Column ends(Column id) {
    return contains(id, lit("/"))
        .or(contains(id, lit("?")))
        .or(contains(id, lit("#")))
        .or(contains(id, lit("|")));
  }
}
