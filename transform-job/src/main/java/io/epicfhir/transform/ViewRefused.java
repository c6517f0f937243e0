package io.epicfhir.transform;

import io.epicfhir.transform.views.Refusal;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/** Resources do not fit a view that stops for that. */
final class ViewRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param refused how many resources, by reason
   * @param list the folder of the list of them
   */
  ViewRefused(String view, String type, Map<Refusal, Long> refused, Path list) {
    super(
        "View "
            + view
            + " keeps its last good rows: "
            + refused.values().stream().mapToLong(Long::longValue).sum()
            + " "
            + type
            + " resources do not fit it. "
            + reasons(refused)
            + ". Their list is in "
            + list
            + ". Correct the view, or add it to transform.leave-out, and rerun from transform");
  }

  private static String reasons(Map<Refusal, Long> refused) {
    return refused.entrySet().stream()
        .sorted(Map.Entry.<Refusal, Long>comparingByValue().reversed())
        .limit(3)
        .map(one -> one.getKey().message() + " (" + one.getValue() + " resources)")
        .collect(Collectors.joining("; "));
  }
}
