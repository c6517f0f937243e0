package io.epicfhir.sandbox;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.mitre.synthea.engine.Generator;
import org.mitre.synthea.helpers.Config;

/**
 * Synthetic patients as NDJSON, one file a type: the same bytes for the same arguments on every day
 * and machine. {@code --patients N --out DIR [--seed N]}.
 */
public final class SyntheaPatients {
  static final String MARKER = "cohort.txt";
  private static final long SEED = 1;
  private static final String VERSION = "3.3.0";
  private static final int YEARS = 30;
  private static final Instant REFERENCE = Instant.parse("2025-12-31T00:00:00Z");

  private static final Map<String, String> SETTINGS =
      Map.of(
          "exporter.fhir.export", "true",
          "exporter.fhir.bulk_data", "true",
          "exporter.fhir.use_us_core_ig", "true",
          "exporter.years_of_history", Integer.toString(YEARS),
          "exporter.metadata.export", "false",
          "exporter.enable_custom_exporters", "false",
          "generate.only_alive_patients", "true",
          "generate.log_patients.detail", "none");

  private SyntheaPatients() {}

  /** Generates, unless the folder already holds this cohort. */
  public static void main(String[] list) throws IOException {
    Arguments arguments = new Arguments(list, Set.of("patients", "out", "seed"));
    Path out = Path.of(arguments.required("out")).toAbsolutePath();
    int patients = Integer.parseInt(arguments.required("patients"));
    boolean made = generate(patients, out, arguments.value("seed").map(Long::valueOf).orElse(SEED));
    System.out.println(
        (made ? "Generated " : "Found ") + patients + " synthetic patients in " + out);
  }

  /**
   * Exactly this many living patients. The folder appears whole or not at all.
   *
   * @return false where the folder held the cohort already
   */
  public static boolean generate(int patients, Path out, long seed) throws IOException {
    String cohort = cohort(patients, seed);
    Path marker = out.resolve(MARKER);
    if (Files.exists(marker) && Files.readString(marker).equals(cohort)) {
      return false;
    }
    Files.createDirectories(out.getParent());
    Path work = Files.createTempDirectory(out.getParent(), "synthea");
    try {
      quietly(() -> run(patients, seed, work));
      Path made = tidy(work.resolve("fhir"));
      Files.writeString(made.resolve(MARKER), cohort);
      delete(out);
      Files.move(made, out, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(work);
    }
    return true;
  }

  /** What the marker file says. */
  static String cohort(int patients, long seed) {
    return "synthea %s\npatients %d\nseed %d\nyears %d\n".formatted(VERSION, patients, seed, YEARS);
  }

  private static void run(int patients, long seed, Path work) {
    SETTINGS.forEach(Config::set);
    Config.set("exporter.baseDirectory", work.toString());
    Generator.GeneratorOptions options = new Generator.GeneratorOptions();
    options.population = patients;
    options.seed = seed;
    options.clinicianSeed = seed;
    options.referenceTime = REFERENCE.toEpochMilli();
    options.endTime = REFERENCE.toEpochMilli();
    options.overflow = false;
    options.state = "Massachusetts";
    // More threads write the same lines in another order, and are hardly faster.
    options.threadPoolSize = 1;
    new Generator(options).run();
  }

  /** Location.1767139200000.ndjson becomes Location.ndjson; what is no NDJSON goes. */
  private static Path tidy(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.endsWith(".ndjson")) {
          Files.move(file, folder.resolve(name.substring(0, name.indexOf('.')) + ".ndjson"));
        } else {
          Files.delete(file);
        }
      }
    }
    return folder;
  }

  /** Synthea prints every module it loads. */
  private static void quietly(Runnable work) {
    PrintStream console = System.out;
    PrintStream silence =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    System.setOut(silence);
    try {
      work.run();
    } finally {
      System.setOut(console);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }
}
