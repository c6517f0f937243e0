package io.epicfhir.load;

import io.epicfhir.load.spi.LakeTable;
import io.epicfhir.load.spi.TableWaits;
import io.epicfhir.load.spi.Target;
import io.epicfhir.load.spi.ViewSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Tables that wait for each other's rows, such as a patient who goes and the visits that go too.
 */
final class TiedLoads {
  /** Who keeps account of the tables. */
  interface Outcome {
    void loaded(LakeTable table, ViewSnapshot view, Map<String, Object> answer);

    void failed(LakeTable table, Throwable e);
  }

  private final Function<LakeTable, ViewSnapshot> views;
  private final Function<ViewSnapshot, ViewLoad> loads;
  private final Target target;
  private final Outcome outcome;

  TiedLoads(
      Function<LakeTable, ViewSnapshot> views,
      Function<ViewSnapshot, ViewLoad> loads,
      Target target,
      Outcome outcome) {
    this.views = views;
    this.loads = loads;
    this.target = target;
    this.outcome = outcome;
  }

  /** The groups of tables that only fit each other. */
  List<List<LakeTable>> groups(Set<LakeTable> waiting) {
    Map<String, LakeTable> tables =
        waiting.stream().collect(Collectors.toMap(LakeTable::name, table -> table));
    return tables.size() < 2
        ? List.of()
        : target.tied(tables.keySet()).stream()
            .map(group -> group.stream().map(tables::get).toList())
            .toList();
  }

  /**
   * Loads one group in one step.
   *
   * @param anew those to replace whatever is there
   * @return those that still wait: all where they do not fit each other
   */
  List<LakeTable> load(List<LakeTable> group, List<String> anew, Duration patience) {
    List<ViewSnapshot> snapshots = new ArrayList<>();
    List<Target.Tied> tied = new ArrayList<>();
    List<Optional<Target.TiedResult>> results = new ArrayList<>();
    try {
      for (LakeTable table : group) {
        ViewSnapshot view = views.apply(table);
        snapshots.add(view);
        tied.add(loads.apply(view).tied(anew.contains(table.name()), patience));
      }
      results.addAll(target.together(tied));
    } catch (TableWaits e) {
      return group;
    } catch (Throwable e) { // as that of a single table
      group.forEach(table -> outcome.failed(table, e));
      return List.of();
    }
    List<LakeTable> waiting = new ArrayList<>();
    for (int i = 0; i < group.size(); i++) {
      if (results.get(i).isPresent()) {
        answer(group.get(i), snapshots.get(i), tied.get(i), results.get(i).get());
      } else {
        waiting.add(group.get(i));
      }
    }
    return waiting;
  }

  private void answer(
      LakeTable table, ViewSnapshot view, Target.Tied tied, Target.TiedResult result) {
    try {
      outcome.loaded(table, view, loads.apply(view).answer(tied, result));
    } catch (Throwable e) { // its comparison with the view, which is its own
      outcome.failed(table, e);
    }
  }
}
