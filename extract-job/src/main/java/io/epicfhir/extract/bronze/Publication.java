package io.epicfhir.extract.bronze;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.Json;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.KeptOut;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/**
 * Brings staged files to their partitions and then shows them all in one step. What is to be done
 * is written down first: a job that finds the plan after a crash carries it out to its end, and
 * doing a step twice does no harm. Files far below the target size are joined on the way.
 */
public final class Publication {
  private final Lake lake;
  private final Path planFile;
  private final Runnable fence;

  /**
   * What will be shown.
   *
   * @param landing all but the files
   * @param steps one for each bronze file
   */
  record Plan(Landing landing, List<Step> steps) implements StateFile {}

  /**
   * One bronze file.
   *
   * @param path where it will be, relative to the lake
   * @param sources the staged files that it is made of
   */
  record Step(String type, Landing.Kind kind, String path, List<String> sources, long rows) {}

  /**
   * A publication whose plan lies in the given file.
   *
   * @param fence throws where another process has taken the work over; asked before anything shows
   */
  public Publication(Lake lake, Path planFile, Runnable fence) {
    this.lake = lake;
    this.planFile = planFile;
    this.fence = fence;
  }

  /** Ends what an earlier process began; empty where none had come so far. */
  public Optional<Landing> resume() {
    return lake.read(planFile)
        .map(text -> carryOut(Json.read(text, Plan.class, planFile.toString())));
  }

  /**
   * Shows the staged files.
   *
   * @param landing all but the files
   * @param keptOut what stayed out, as {@link KeptOut} has it
   * @param date the partition's extraction date
   * @param targetSize bytes that a bronze file should reach
   * @return the landing as published
   */
  public Landing publish(
      Landing landing,
      List<StagedFile> staged,
      Set<String> keptOut,
      LocalDate date,
      long targetSize) {
    fence.run();
    Landing whole =
        landing.keepingOut(KeptOut.write(lake, landing.exportId(), keptOut).orElse(null));
    Plan plan = new Plan(whole, steps(landing.exportId(), staged, date, targetSize));
    lake.write(planFile, Json.write(plan));
    return carryOut(plan);
  }

  private static List<Step> steps(
      String exportId, List<StagedFile> staged, LocalDate date, long targetSize) {
    String attempt = UUID.randomUUID().toString().substring(0, 8);
    List<Step> steps = new ArrayList<>();
    Map<String, List<StagedFile>> byType =
        staged.stream()
            .sorted(Comparator.comparing(StagedFile::path))
            .collect(
                Collectors.groupingBy(
                    f -> f.type() + "/" + f.kind(), TreeMap::new, Collectors.toList()));
    for (List<StagedFile> files : byType.values()) {
      for (List<StagedFile> joined : join(files, targetSize)) {
        StagedFile first = joined.get(0);
        String name = exportId + "-" + attempt + "-" + steps.size() + ".parquet";
        steps.add(
            new Step(
                first.type(),
                first.kind(),
                LakePaths.bronzePartition(first.type(), date) + "/" + name,
                joined.stream().map(StagedFile::path).toList(),
                joined.stream().mapToLong(StagedFile::rows).sum()));
      }
    }
    return steps;
  }

  /** Fills one file after the other up to the target size. */
  static List<List<StagedFile>> join(List<StagedFile> files, long targetSize) {
    List<List<StagedFile>> all = new ArrayList<>();
    List<StagedFile> current = new ArrayList<>();
    long bytes = 0;
    for (StagedFile file : files) {
      if (!current.isEmpty() && bytes + file.bytes() > targetSize) {
        all.add(current);
        current = new ArrayList<>();
        bytes = 0;
      }
      current.add(file);
      bytes += file.bytes();
    }
    if (!current.isEmpty()) {
      all.add(current);
    }
    return all;
  }

  private Landing carryOut(Plan plan) {
    List<Landing.File> files = new ArrayList<>();
    for (Step step : plan.steps()) {
      Path to = lake.paths().at(step.path());
      if (lake.length(to).isEmpty()) {
        Failpoint.at("publish.move");
        bring(step, to);
        Failpoint.at("publish.moved");
      }
      long bytes = lake.length(to).orElse(0L);
      files.add(new Landing.File(step.type(), step.path(), step.rows(), bytes, step.kind()));
    }
    Landing landing = plan.landing().shown(Instant.now(), files);
    Failpoint.at("publish.landing");
    fence.run();
    new Landings(lake).publish(landing);
    Failpoint.at("publish.landed");
    lake.delete(planFile);
    return landing;
  }

  private void bring(Step step, Path to) {
    if (step.sources().size() == 1) {
      lake.move(new Path(step.sources().get(0)), to);
      return;
    }
    List<Path> sources = step.sources().stream().map(Path::new).toList();
    Path part = new Path(planFile.getParent(), "joined/" + to.getName());
    ParquetJoin.join(lake.hadoop(), sources, part);
    lake.move(part, to);
  }
}
