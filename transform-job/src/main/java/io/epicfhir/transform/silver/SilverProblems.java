package io.epicfhir.transform.silver;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Why a run is red although it went on to its end, and what is worth a note. */
public final class SilverProblems {
  private final Set<String> sentences = new LinkedHashSet<>();
  private final List<String> notes = new ArrayList<>();
  private final Set<String> damagedExports = new TreeSet<>();
  private final Set<String> changedTypes = new TreeSet<>();
  private final Map<String, Long> heldBack = new TreeMap<>();
  private final Map<String, Long> quarantine = new TreeMap<>();

  /** Whether the run may end well. */
  public boolean isEmpty() {
    return sentences.isEmpty();
  }

  /** What happened, where, and what to do, a sentence each. */
  public List<String> sentences() {
    return List.copyOf(sentences);
  }

  /** What is worth reporting of a run that may end well. */
  public List<String> notes() {
    List<String> all = new ArrayList<>(notes);
    quarantine.forEach((folder, entries) -> all.add(quarantined(entries, folder)));
    return all;
  }

  /** Exports that must be landed anew. */
  public Set<String> damagedExports() {
    return damagedExports;
  }

  /** Types that must be rebuilt from bronze. */
  public Set<String> changedTypes() {
    return changedTypes;
  }

  /** How many inferred deletions wait to be accepted, by type. */
  public Map<String, Long> heldBack() {
    return heldBack;
  }

  /** Entries of deleted files in quarantine. */
  public long quarantined() {
    return quarantine.values().stream().mapToLong(Long::longValue).sum();
  }

  /** The folders of those entries. */
  public Set<String> quarantine() {
    return quarantine.keySet();
  }

  /** A folder has these entries; a second count of it means the same ones. */
  void quarantined(String folder, long entries) {
    quarantine.put(folder, entries);
  }

  /** The update begins again, without some of its exports. */
  void forgetQuarantined() {
    quarantine.clear();
  }

  private static String quarantined(long entries, String folder) {
    return entries
        + " entries in the manifest's deleted files do not identify a resource. They are in quarantine, "
        + folder
        + "; the other entries were applied. Ask the server's operator about them.";
  }

  void note(String sentence) {
    notes.add(sentence);
  }

  void refuse(String sentence) {
    sentences.add(sentence);
  }

  void damaged(Map<String, String> exports) {
    damagedExports.addAll(exports.keySet());
    sentences.addAll(exports.values());
  }

  void waiting(WaitingExports exports) {
    sentences.addAll(exports.why().values());
    damaged(exports.damaged());
  }

  void gaps(List<String> gaps) {
    sentences.addAll(gaps);
  }

  /**
   * Takes types out of a rebuild, because it would lose what only a damaged file has.
   *
   * @param rebuilt the types to rebuild; those that are not rebuilt leave it
   * @param hurt the types of which silver has more than bronze gives
   * @return those that stay as they are
   */
  Set<String> notRebuilt(Set<String> rebuilt, Set<String> hurt) {
    Set<String> staying = staying(rebuilt, hurt);
    if (!staying.isEmpty()) {
      sentences.add(
          "Cannot rebuild silver "
              + String.join(", ", staying)
              + ": a bronze file is damaged, so the old rows stay; land its export again (the message about the file says how), then rebuild");
    }
    return staying;
  }

  /**
   * Reports applied exports without a landing, and excludes all types from a rebuild: nobody knows
   * of which it would lose resources.
   *
   * @return those that stay as they are
   */
  Set<String> landingsGone(Set<String> exports, Set<String> rebuilt) {
    if (exports.isEmpty()) {
      return Set.of();
    }
    Set<String> staying = new TreeSet<>(rebuilt);
    rebuilt.clear();
    changedTypes.addAll(staying);
    String stay = String.join(", ", staying);
    sentences.add(
        "Silver contains data of exports "
            + String.join(", ", exports)
            + ", but their files in state/landings are missing; "
            + (staying.isEmpty() ? "" : "therefore no rebuild of " + stay + "; ")
            + "restore state/landings/<export>.json from a backup of the lake. If you do not need"
            + " the export's data, delete state/applied/<export>.json and run a full export");
    return staying;
  }

  /**
   * Takes types out of a rebuild, because a withdrawn export's data has not come again.
   *
   * @param rebuilt the types to rebuild; those that are not rebuilt leave it
   * @param lacking the types of which silver may have what only such an export brought
   * @return those that stay as they are
   */
  Set<String> notRebuiltWithout(Set<String> exports, Set<String> rebuilt, Set<String> lacking) {
    Set<String> staying = staying(rebuilt, lacking);
    if (!staying.isEmpty()) {
      sentences.add(
          "Cannot rebuild silver "
              + String.join(", ", staying)
              + ", so the old rows stay: bronze lacks the data of withdrawn exports "
              + String.join(", ", exports)
              + "; let it come again (the message about the export says how), then rebuild");
    }
    return staying;
  }

  private Set<String> staying(Set<String> rebuilt, Set<String> hurt) {
    Set<String> staying = new TreeSet<>(rebuilt);
    staying.retainAll(hurt);
    rebuilt.removeAll(staying);
    changedTypes.addAll(staying);
    return staying;
  }

  /**
   * Resources that only all of bronze could tell, and whose rows stay because landings are missing.
   */
  void notRecomputed(Set<String> types, Set<String> exports) {
    sentences.add(
        "Silver "
            + String.join(", ", types)
            + " keeps the rows of some resources as they are: whether these changed or are gone"
            + " depends on exports "
            + String.join(", ", exports)
            + ", whose landings are missing; they are evaluated once the landings are back");
  }

  /** Types of which a rebuild would delete too many: they stay as they are. */
  void notRebuilt(Set<String> staying) {
    changedTypes.addAll(staying);
    sentences.add(
        "Cannot rebuild silver "
            + String.join(", ", staying)
            + ", so the old rows stay: bronze lacks resources that silver has, and a rebuild would delete"
            + " more of them than transform.max-inferred-deletions allows. Find out which files are gone"
            + " from bronze or state/landings, restore them from a backup, and rerun; or accept the"
            + " deletions");
  }

  /** Types that somebody else changed; the others go on. */
  void changed(Map<String, String> types) {
    changedTypes.addAll(types.keySet());
    types.forEach(
        (type, why) ->
            sentences.add(
                "Someone else changed silver "
                    + type
                    + ": "
                    + why
                    + "; find out who else writes to the lake, then rerun from transform with types = "
                    + type
                    + ", which rebuilds it from bronze"));
  }

  /** Deletions that nobody stated and that are too many. */
  void tooMany(Map<String, Long> beyond, Map<String, Long> live) {
    heldBack.putAll(beyond);
    List<String> types = new ArrayList<>();
    List<String> accept = new ArrayList<>();
    beyond.forEach(
        (type, gone) -> {
          types.add(gone + " of " + live.getOrDefault(type, 0L) + " " + type);
          accept.add(type + ":" + gone);
        });
    sentences.add(
        "Nothing was deleted: the source no longer holds "
            + String.join(", ", types)
            + ", more than transform.max-inferred-deletions allows. Check the server and the"
            + " client's permissions. If the resources are really gone, rerun from"
            + " transform with accept_deletions = "
            + String.join(",", accept)
            + " and a reason");
  }
}
