package io.epicfhir.transform.delta;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import org.apache.spark.sql.catalyst.InternalRow;

/** Passes some rows on, one at a time: Spark uses one row object for all of them. */
final class FilteredRows implements Iterator<InternalRow> {
  private final Iterator<InternalRow> all;
  private final Predicate<InternalRow> wanted;
  private InternalRow next;

  FilteredRows(Iterator<InternalRow> all, Predicate<InternalRow> wanted) {
    this.all = all;
    this.wanted = wanted;
  }

  @Override
  public boolean hasNext() {
    while (next == null && all.hasNext()) {
      InternalRow candidate = all.next();
      if (wanted.test(candidate)) {
        next = candidate;
      }
    }
    return next != null;
  }

  @Override
  public InternalRow next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    InternalRow row = next;
    next = null;
    return row;
  }
}
