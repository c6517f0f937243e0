package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.DocumentBits;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.unsafe.types.UTF8String;

/** What expressions of one view are evaluated in: the resource, its key, and room to work. */
public final class Frame {
  private final int[] rowIndexes;
  private final List<Values> room = new ArrayList<>();
  private int taken;
  private Object[] resource;
  private UTF8String key;
  private boolean labelUnread;
  private int documents = DocumentBits.ALL;
  private ReadDocument document;

  /**
   * @param loops how many forEach and repeat the view has, each with a row index of its own
   */
  public Frame(int loops) {
    rowIndexes = new int[loops + 1];
  }

  /**
   * Goes to the next resource; what the one before left behind is forgotten.
   *
   * @param newLabelUnread whether it has a security label that cannot be read
   */
  public void start(UTF8String newKey, Object[] newResource, boolean newLabelUnread) {
    labelUnread = newLabelUnread;
    taken = 0;
    key = newKey;
    resource = newResource;
    document = null;
  }

  /** Sets what the documents that name the resource say: bits of {@link DocumentBits}. */
  public void documents(int bits) {
    documents = bits;
  }

  int documents() {
    return documents;
  }

  /** The document of a text in base64. Several columns ask for the same one, so it is read once. */
  ReadDocument document(UTF8String base64) {
    if (document == null || !document.is(base64)) {
      document = new ReadDocument(base64);
    }
    return document;
  }

  /** Sets %rowIndex of a loop. */
  public void rowIndex(int loop, int index) {
    rowIndexes[loop] = index;
  }

  /** An empty list, which belongs to the caller until it is given back; the last one goes first. */
  public Values take() {
    if (taken == room.size()) {
      room.add(new Values());
    }
    Values values = room.get(taken++);
    values.clear();
    return values;
  }

  /** Gives back the list that was taken last. */
  public void give() {
    taken--;
  }

  Object[] resource() {
    return resource;
  }

  boolean labelUnread() {
    return labelUnread;
  }

  UTF8String key() {
    return key;
  }

  int rowIndex(int loop) {
    return rowIndexes[loop];
  }
}
