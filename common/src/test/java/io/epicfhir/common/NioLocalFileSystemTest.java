package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NioLocalFileSystemTest {
  @TempDir java.nio.file.Path folder;

  @Test
  void gives_files_the_permissions_that_hadoop_asks_for() throws IOException {
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    Path file = new Path(folder.toUri().toString(), "a/b");
    try (FileSystem fs = FileSystem.newInstance(file.toUri(), hadoop)) {
      assertThat(fs).isInstanceOf(NioLocalFileSystem.class);
      fs.create(file).close();
      fs.setPermission(file, new FsPermission("640"));
      assertThat(fs.getFileStatus(file).getPermission()).isEqualTo(new FsPermission("640"));
    }
    assertThat(Files.getPosixFilePermissions(folder.resolve("a/b")))
        .isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
  }

  @Test
  void startsNoProcess() throws IOException {
    Configuration hadoop = new Configuration();
    assertThat(processesOfACommit(hadoop)).as("of Hadoop's own").isPositive();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    assertThat(processesOfACommit(hadoop)).isZero();
  }

  @Test
  void ofWritersThatNameTheSameFileOneWins() throws Exception {
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    FileContext context = FileContext.getFileContext(folder.toUri(), hadoop);
    for (int round = 0; round < 200; round++) {
      Path commit = new Path(folder.toUri().toString(), "commit" + round);
      List<Callable<Boolean>> writers = new ArrayList<>();
      for (int writer = 0; writer < 2; writer++) {
        Path part = new Path(commit.getParent(), "part" + writer);
        context.create(part, EnumSet.of(CreateFlag.CREATE, CreateFlag.OVERWRITE)).close();
        writers.add(() -> renamed(context, part, commit));
      }
      var pool = Executors.newFixedThreadPool(2);
      int winners = 0;
      for (var writer : pool.invokeAll(writers)) {
        winners += writer.get() ? 1 : 0;
      }
      pool.shutdown();
      assertThat(winners).isOne();
    }
  }

  private static boolean renamed(FileContext context, Path part, Path commit) throws IOException {
    try {
      context.rename(part, commit, Options.Rename.NONE);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  /** What Delta does to write a commit. */
  private long processesOfACommit(Configuration hadoop) throws IOException {
    java.nio.file.Path events = folder.resolve("events.jfr");
    FileContext context = FileContext.getFileContext(folder.toUri(), hadoop);
    Path made = new Path(folder.toUri().toString(), "part");
    Path commit = new Path(folder.toUri().toString(), "commit");
    try (Recording recording = new Recording()) {
      recording.enable("jdk.ProcessStart");
      recording.start();
      context.create(made, EnumSet.of(CreateFlag.CREATE)).close();
      context.rename(made, commit, Options.Rename.OVERWRITE);
      recording.stop();
      recording.dump(events);
    }
    assertThat(context.util().exists(commit)).isTrue();
    return RecordingFile.readAllEvents(events).size();
  }
}
