package io.epicfhir.common.localfs;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file that is replaced lies beside Hadoop's checksum of it, which is a file of its own: whenever
 * the process dies, and whoever reads meanwhile, the two never contradict each other.
 */
class KilledWriterTest {
  private static final int KILLS = 6;
  private static final int WRITES = 400;

  @TempDir java.nio.file.Path folder;

  /** Each way in which this pipeline, Spark, Parquet or Delta puts a file in another's place. */
  private enum Way {
    STATE {
      @Override
      void replace(Lake lake, Path file, String text) {
        lake.write(file, text);
      }
    },
    RENAMED {
      @Override
      void replace(Lake lake, Path file, String text) throws IOException {
        FileSystem fs = file.getFileSystem(lake.hadoop());
        Path part = file.suffix(".part");
        try (OutputStream out = fs.create(part, true)) {
          out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        if (!fs.rename(part, file)) {
          throw new IOException("refused");
        }
      }
    },
    RENAMED_IN_CONTEXT {
      @Override
      void replace(Lake lake, Path file, String text) throws IOException {
        FileContext context = FileContext.getFileContext(file.toUri(), lake.hadoop());
        Path part = file.suffix(".part");
        try (OutputStream out =
            context.create(part, EnumSet.of(CreateFlag.CREATE, CreateFlag.OVERWRITE))) {
          out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        context.rename(part, file, Options.Rename.OVERWRITE);
      }
    },
    REMOVED_AND_MADE_ANEW {
      @Override
      void replace(Lake lake, Path file, String text) throws IOException {
        lake.delete(file);
        FileContext context = FileContext.getFileContext(file.toUri(), lake.hadoop());
        Path part = file.suffix(".part");
        try (OutputStream out =
            context.create(part, EnumSet.of(CreateFlag.CREATE, CreateFlag.OVERWRITE))) {
          out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        context.rename(part, file);
      }
    };

    abstract void replace(Lake lake, Path file, String text) throws IOException;
  }

  private static Lake lake(String folder) {
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    return new Lake(new LakePaths(java.nio.file.Path.of(folder).toUri().toString()), hadoop);
  }

  private static Path file(Lake lake, Way way) {
    return lake.paths().state(way + ".json");
  }

  /** Two texts of one length, of which no checksum fits the other. */
  private static String text(int number) {
    return (number % 2 == 0 ? "a" : "b").repeat(600);
  }

  private static void write(Lake lake, int number) throws IOException {
    for (Way way : Way.values()) {
      way.replace(lake, file(lake, way), text(number));
    }
  }

  /** Writes until it is killed. */
  public static void main(String[] args) throws IOException {
    Lake lake = lake(args[0]);
    for (int i = 0; ; i++) {
      write(lake, i);
      if (i == 0) {
        Files.createFile(java.nio.file.Path.of(args[1]));
      }
    }
  }

  @Test
  void whatAKilledProcessLeftCanBeRead() throws IOException, InterruptedException {
    Random random = new Random(7);
    Lake lake = lake(folder.resolve("lake").toString());
    for (int i = 0; i < KILLS; i++) {
      java.nio.file.Path begun = folder.resolve("begun" + i);
      Process writer =
          ChildJvm.start(
              KilledWriterTest.class,
              List.of(),
              folder.resolve("lake").toString(),
              begun.toString());
      while (Files.notExists(begun)) {
        assertThat(writer.isAlive()).isTrue();
        Thread.sleep(5);
      }
      Thread.sleep(random.nextInt(60));
      assertThat(writer.isAlive()).as("it writes until it is killed").isTrue();
      writer.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      for (Way way : Way.values()) {
        var left = lake.read(file(lake, way));
        if (way != Way.REMOVED_AND_MADE_ANEW || left.isPresent()) {
          assertThat(left).as("%s, kill %d", way, i).isPresent().get().isIn(text(0), text(1));
        }
      }
    }
  }

  @Test
  void whoReadsWhileStateIsReplacedSeesTheOldTextOrTheNew() throws Exception {
    Lake lake = lake(folder.resolve("lake").toString());
    Path file = file(lake, Way.STATE);
    Way.STATE.replace(lake, file, text(0));
    var threads = Executors.newSingleThreadExecutor();
    try {
      var reading =
          threads.submit(
              () -> {
                List<String> seen = new ArrayList<>();
                for (int i = 0; i < WRITES; i++) {
                  seen.add(lake.read(file).orElseThrow());
                }
                return seen;
              });
      for (int i = 0; i < WRITES || !reading.isDone(); i++) {
        Way.STATE.replace(lake, file, text(i));
      }
      assertThat(reading.get()).allMatch(seen -> seen.equals(text(0)) || seen.equals(text(1)));
    } finally {
      threads.shutdownNow();
    }
  }
}
