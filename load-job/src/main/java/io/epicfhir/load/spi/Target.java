package io.epicfhir.load.spi;

import io.epicfhir.common.JobException;
import io.epicfhir.load.quality.QualitySettings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Where view tables go. One loader at a time has it open; closing it lets the next one in. */
public interface Target extends AutoCloseable {
  /**
   * What is there of a view.
   *
   * @param at the version that was loaded last
   * @param rows the rows that were loaded then
   * @param counted the rows that are there now
   * @param fits whether it has the view's columns
   * @param untouched whether its rows and columns are the ones that the load left
   * @param loadedAt when it was loaded last
   * @param verifiedAt when its content was last known to be the view's
   * @param damage why its rows cannot be read, in the target's words; empty where they can
   */
  record Standing(
      ViewVersion at,
      long rows,
      long counted,
      boolean fits,
      boolean untouched,
      Instant loadedAt,
      Instant verifiedAt,
      String damage) {
    /** Whether there is nothing to do. */
    public boolean is(ViewSnapshot view) {
      return at.isSameAs(view.at()) && fits && !tampered();
    }

    /** Whether it is an earlier version, whole, so that the changes since then lead to the view. */
    public boolean leadsTo(ViewSnapshot view) {
      return at.number() < view.version()
          && at.isSameAs(
              new ViewVersion(
                  view.at().lake(), view.at().tableId(), at.number(), view.commitAt(at.number())))
          && fits
          && !tampered();
    }

    /** The same, where its rows could not be read. */
    public Standing damaged(String why) {
      return new Standing(at, rows, counted, fits, untouched, loadedAt, verifiedAt, why);
    }

    /** Whether somebody else changed it. */
    public boolean tampered() {
      return rows != counted || !untouched;
    }

    /**
     * Whether the view's log is another one than the one that was loaded, as after a restored
     * backup. A table that transform rebuilt has another id and is no such case.
     */
    public boolean restored(ViewSnapshot view) {
      if (at.commit().isEmpty() || !at.tableId().equals(view.at().tableId())) {
        return false;
      }
      String today = at.number() > view.version() ? "" : view.commitAt(at.number());
      boolean cleanedUp = today.isEmpty() && at.number() < view.version();
      return !cleanedUp && !today.equals(at.commit());
    }
  }

  /** What its tables can have. */
  TargetLimits limits();

  /**
   * What is there of a view; empty where it was never loaded or its table is gone. Where the view
   * has news, the table's rows may be taken for untouched: {@link #change} looks itself.
   */
  Optional<Standing> standing(ViewSnapshot view);

  /** The same, with a look at the rows whatever the view has. */
  default Optional<Standing> lookedAt(ViewSnapshot view) {
    return standing(view);
  }

  /**
   * Makes the view's table these rows. A reader sees the old table or the new one, and a failure
   * leaves the old one.
   *
   * @throws TableBusy where somebody holds the table for longer than the request's patience
   * @throws TableWaits where its rows may fit once another table is loaded
   */
  LoadResult replace(LoadRequest request);

  /**
   * Takes changes into the view's table, in one step that readers see whole or not at all. Of a
   * resource that changed, all rows go and those of its newest commit come. What comes is in the
   * view table and whatever went from there goes, so the table is right where it has as many rows
   * as the view table, and only there.
   *
   * @param changes what came and went since the version that is there
   * @param before what is there
   * @return empty, with nothing changed, where that does not come out: then the table is to be
   *     replaced
   * @throws TableDamaged where it is to be replaced because its rows cannot be read
   */
  Optional<LoadResult> change(LoadRequest request, ViewChanges changes, Standing before);

  /**
   * A table whose rows wait for those of others.
   *
   * @param whole what is asked where all rows are replaced, by a look at what is there: empty where
   *     nobody looked
   * @param changes what came and went since the version that is there; empty to replace all rows
   * @param before what is there; empty where that is not asked
   */
  record Tied(
      LoadRequest request,
      Function<Optional<Standing>, LoadRequest> whole,
      Optional<ViewChanges> changes,
      Optional<Standing> before) {}

  /**
   * How it was loaded.
   *
   * @param whole whether all rows were replaced
   */
  record TiedResult(LoadResult result, boolean whole) {}

  /**
   * Tables whose rows wait for each other's can only be loaded in one step.
   *
   * @param waiting views that ended with {@link TableWaits}
   * @return groups of them
   */
  default List<List<String>> tied(Set<String> waiting) {
    return List.of();
  }

  /**
   * Loads one such group: readers see all of it or nothing.
   *
   * @param group in the order of {@link #tied}
   * @return in that order, how each was loaded; empty for one whose rows refer to none, which the
   *     others do not wait for
   * @throws TableWaits where the rows do not fit each other
   */
  default List<Optional<TiedResult>> together(List<Tied> group) {
    throw new UnsupportedOperationException("No table of this target waits for another");
  }

  /**
   * Compares each row of the view's table with the view's rows. Where they are the same, {@link
   * Standing#verifiedAt} is now.
   *
   * @return whether they are the same
   * @throws TableDamaged where the table's rows cannot be read
   */
  boolean verify(LoadRequest request);

  /**
   * Which of these views' tables the loads of others changed after they were loaded themselves. To
   * be asked when all are loaded.
   *
   * @param loaded all that were loaded, or looked at and found right
   * @param changed those among them that were written
   * @return by view, what happened and what to do
   */
  default Map<String, String> changedByOthers(List<TableShape> loaded, Set<String> changed) {
    return Map.of();
  }

  /**
   * Facts about the rows of these views' tables, by view, as further entries of its answer. To be
   * called when all are loaded, because they refer to each other. Empty if unknown.
   */
  default Map<String, Map<String, Object>> facts(List<TableShape> views) {
    return Map.of();
  }

  /**
   * Runs the quality checks of the settings over the tables that readers see.
   *
   * @return by check, its result; nothing where checks are off
   */
  Map<String, Map<String, Object>> quality(QualitySettings settings);

  /**
   * What a person must hear: of this run's loads, also of those of its earlier tries, and of other
   * runs' what no report that somebody reads has.
   */
  List<String> warnings();

  /** What went wrong beside the views: they are loaded, and the run is red all the same. */
  default List<JobException> problems() {
    return List.of();
  }

  /** Whether it can be reached: if not, no other view can be loaded either. */
  boolean answers();

  /** How many tables it takes at a time; calls for other tables than one's own may overlap. */
  default int tablesAtOnce() {
    return 1;
  }

  /** How long a load may wait for those who hold tables, in all. */
  Duration patience();

  /** The table's name as people of this target write it. */
  String nameOf(String view);

  @Override
  void close();
}
