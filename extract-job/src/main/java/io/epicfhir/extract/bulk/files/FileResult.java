package io.epicfhir.extract.bulk.files;

import io.epicfhir.extract.bulk.manifest.FileKind;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How one file of the manifest was taken in.
 *
 * @param name the file
 * @param kind which list it stands in
 * @param type the resource type of its lines
 * @param announced lines by the manifest; null where it did not say
 * @param received lines that came, without blank ones
 * @param written lines in bronze
 * @param rejected lines in quarantine
 * @param problems what the lines of an error file report
 * @param blank lines of white space, skipped
 * @param oddLastUpdated lines whose meta.lastUpdated is no instant
 * @param bytes of all lines
 * @param ms from the first request to the last byte
 * @param reasons rejected lines by reason
 * @param optedOut lines of patients whose records stay out
 * @param learned hashes of resources among those that were not on the list themselves
 * @param keptOut the resources among those, as {@link io.epicfhir.common.optout.KeptOut} has them
 * @param unread lines that could not be taken in and are not in quarantine, because they name who
 *     or what is on the list, by the reason: nobody knows whose resources they are
 * @param released hashes of resources that were on the list and are other patients' now
 */
public record FileResult(
    String name,
    FileKind kind,
    String type,
    Long announced,
    long received,
    long written,
    long rejected,
    ServerProblems problems,
    long blank,
    long oddLastUpdated,
    long bytes,
    long ms,
    Map<String, Long> reasons,
    long optedOut,
    List<String> learned,
    List<String> keptOut,
    Map<String, Long> unread,
    List<String> released) {
  public FileResult {
    unread = unread == null ? Map.of() : Map.copyOf(unread);
    released = released == null ? List.of() : List.copyOf(released);
    keptOut = keptOut == null ? List.of() : List.copyOf(keptOut);
    learned = learned == null ? List.of() : List.copyOf(learned);
    if (problems == null) { // written before this component was there
      problems =
          kind == FileKind.ERROR && received > 0
              ? ServerProblems.of(Map.of(ServerProblem.UNREADABLE, received))
              : ServerProblems.NONE;
    }
  }

  /**
   * The same where so many lines in bronze turned out to be of patients whose records stay out.
   *
   * @param entries the resources among them
   */
  FileResult without(long late, Set<String> entries) {
    Set<String> all = new TreeSet<>(keptOut);
    all.addAll(entries);
    return new FileResult(
        name,
        kind,
        type,
        announced,
        received,
        written - late,
        rejected,
        problems,
        blank,
        oddLastUpdated,
        bytes,
        ms,
        reasons,
        optedOut + late,
        learned,
        List.copyOf(all),
        unread,
        released);
  }

  /**
   * The same where so many lines in quarantine turned out to be of such patients. A line of an
   * error file is none of the rejected.
   *
   * @param late by the reason why they were there
   */
  FileResult withoutRejected(Map<String, Long> late) {
    Map<String, Long> left = new TreeMap<>(reasons);
    Map<String, Long> out = new TreeMap<>(unread);
    late.forEach(
        (reason, n) -> {
          long here = Math.min(n, left.getOrDefault(reason, 0L));
          left.computeIfPresent(reason, (r, all) -> all > n ? all - n : null);
          out.merge(reason, here, Long::sum);
        });
    out.values().removeIf(n -> n == 0);
    long gone = sum(reasons) - sum(left);
    return new FileResult(
        name,
        kind,
        type,
        announced,
        received,
        written,
        rejected - gone,
        problems,
        blank,
        oddLastUpdated,
        bytes,
        ms,
        left,
        optedOut + gone,
        learned,
        keptOut,
        out,
        released);
  }

  /** Lines that could not be taken in, in quarantine or not: any may be a resource of anybody. */
  public long notRead() {
    return rejected + sum(unread);
  }

  /** Whether the file may lack something that is other patients' where a list has shrunk. */
  boolean mayLack() {
    return optedOut > 0 || kind == FileKind.DELETED || !released.isEmpty();
  }

  /** What stayed out of some files; may be added to. */
  public static Set<String> keptOut(List<FileResult> files) {
    Set<String> all = new TreeSet<>();
    files.forEach(file -> all.addAll(file.keptOut()));
    return all;
  }

  private static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Whether a manifest says the same about its file. */
  boolean isOf(RemoteFile file) {
    return name.equals(file.name())
        && kind == file.kind()
        && Objects.equals(type, file.type())
        && Objects.equals(announced, file.count());
  }

  /** Lines by which data are missing at the server. */
  public long severe() {
    return problems.severe();
  }

  /** Whether as many lines came as were announced. */
  public boolean counted() {
    return announced == null || announced == received;
  }
}
