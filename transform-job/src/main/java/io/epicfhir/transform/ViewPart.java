package io.epicfhir.transform;

import io.epicfhir.common.delta.NewFile;
import io.epicfhir.transform.views.Refusal;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;

/**
 * What a task has done for a view: the part of its work that lies in the task's partition.
 *
 * @param view the view's name
 * @param file the file that it wrote; null where there were no rows
 * @param resources how many resources have rows in that file, where it is of new rows
 * @param letThrough how many resources the view's where let through, the refused ones among them
 * @param refused how many resources did not fit, for each reason
 * @param removed numbers of the changed resources that had rows, as a packed bitmap; null where the
 *     part is not about old rows
 * @param positions packed bitmaps of old rows by file, where they are to be marked
 */
@SuppressWarnings("ArrayRecordComponent") // bytes on their way from a task, never compared
record ViewPart(
    String view,
    NewFile file,
    long resources,
    long letThrough,
    HashMap<Refusal, Long> refused,
    byte[] removed,
    HashMap<String, byte[]> positions)
    implements Serializable {

  static ViewPart evaluated(
      String view, NewFile file, long resources, long letThrough, Map<Refusal, Long> refused) {
    return new ViewPart(
        view, file, resources, letThrough, new HashMap<>(refused), null, new HashMap<>());
  }

  static ViewPart old(String view, NewFile file, byte[] removed, Map<String, byte[]> positions) {
    return new ViewPart(view, file, 0, 0, new HashMap<>(), removed, new HashMap<>(positions));
  }
}
