package io.epicfhir.transform.joined;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.SideBySide;
import io.epicfhir.transform.sqlviews.SqlCatalog;
import io.epicfhir.transform.sqlviews.SqlView;
import io.epicfhir.transform.sqlviews.TableOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TableQueueTest {
  /** Top reads left and right, right reads left; the others read a view only. */
  private static final List<SqlView> ORDER =
      TableOrder.of(
              new SqlCatalog(
                  List.of(
                      reads("top", "left, right"),
                      reads("left", "v"),
                      reads("right", "left"),
                      reads("large", "v"),
                      reads("small", "v")),
                  List.of()),
              new TableOrder.Known(Set.of("v"), Set.of(), Map.of(), Map.of()))
          .views();

  private static final Map<String, Long> BYTES =
      Map.of("left", 1L, "right", 2L, "top", 50L, "large", 20L, "small", 3L);

  private static SqlView reads(String name, String depends) {
    return SqlCatalog.read(
        "-- description: x\n-- depends: " + depends + "\nSELECT 1 AS x\n", name + ".sql");
  }

  private static TableQueue queue() {
    return new TableQueue(ORDER, view -> BYTES.get(view.name()));
  }

  @Test
  void whatALongOneWaitsForComesFirst() {
    List<String> taken = new ArrayList<>();
    queue().each(view -> taken.add(view.name()));
    assertThat(taken).containsExactly("left", "right", "top", "large", "small");
  }

  @Test
  void noneBeginsBeforeWhatItReadsHasEnded() {
    List<String> moments = Collections.synchronizedList(new ArrayList<>());
    TableQueue queue = queue();
    SideBySide.forEach(
        List.of(1, 2, 3),
        3,
        thread ->
            queue.each(
                view -> {
                  moments.add("begin " + view.name());
                  moments.add("end " + view.name());
                }));
    assertThat(moments).hasSize(2 * ORDER.size()).doesNotHaveDuplicates();
    assertThat(moments).containsSubsequence("end left", "begin right", "end right", "begin top");
  }

  /** The other thread waits for what left would have given. */
  @Test
  void aFailureEndsAllThreads() {
    TableQueue queue = queue();
    CountDownLatch rest = new CountDownLatch(2);
    assertThatThrownBy(
            () ->
                SideBySide.forEach(
                    List.of(1, 2),
                    2,
                    thread ->
                        queue.each(
                            view -> {
                              if (view.name().equals("left")) {
                                await(rest);
                                throw new IllegalStateException("full disk");
                              }
                              rest.countDown();
                            })))
        .hasMessage("full disk");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
