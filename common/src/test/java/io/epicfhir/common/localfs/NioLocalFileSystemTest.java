package io.epicfhir.common.localfs;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NioLocalFileSystemTest {
  @TempDir java.nio.file.Path folder;

  /** By all the ways that Hadoop, Spark, Parquet and Delta have of making files and folders. */
  @ParameterizedTest
  @CsvSource({"OWNER, rwx------, rw-------", "GROUP, rwxr-x---, rw-r-----"})
  void whatIsWrittenIsOpenToThoseWhomTheSettingNamesAndNobodyElse(
      FileReaders readers, String folders, String files) throws IOException {
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    hadoop.set("fs.permissions.umask-mode", readers.umask());
    Path root = new Path(folder.toUri().toString(), "lake");
    Files.createDirectory(folder.resolve("old"));
    Files.setPosixFilePermissions(
        Files.createFile(folder.resolve("old/open")), PosixFilePermissions.fromString("rw-rw-rw-"));
    try (FileSystem fs = FileSystem.newInstance(root.toUri(), hadoop)) {
      assertThat(fs).isInstanceOf(NioLocalFileSystem.class);
      fs.create(new Path(root, "a/created")).close();
      fs.create(new Path(root, "a/new"), false).close();
      fs.create(new Path(folder.toUri().toString(), "old/open"), true).close();
      fs.mkdirs(new Path(root, "b/made"), new FsPermission("777"));
      fs.create(new Path(root, "a/asked")).close();
      fs.setPermission(new Path(root, "a/asked"), new FsPermission("666"));
      FileContext context = FileContext.getFileContext(root.toUri(), hadoop);
      context.create(new Path(root, "a/commit"), EnumSet.of(CreateFlag.CREATE)).close();
      context.mkdir(new Path(root, "c/log"), new FsPermission("777"), true);
    }
    assertThat(Files.getPosixFilePermissions(folder.resolve("old/open")))
        .isEqualTo(PosixFilePermissions.fromString(files));
    try (var all = Files.walk(folder.resolve("lake"))) {
      assertThat(all)
          .hasSizeGreaterThan(10)
          .allSatisfy(
              path ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                      .isEqualTo(Files.isDirectory(path) ? folders : files));
    }
  }

  @Test
  void aFileThatIsMovedOntoItselfKeepsItsChecksum(@TempDir java.nio.file.Path folder)
      throws IOException {
    Path file = new Path(folder.toUri().toString(), "a");
    Path roundabout = new Path(folder.toUri() + "/./a");
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    try (FileSystem fs = FileSystem.newInstance(file.toUri(), hadoop)) {
      fs.create(file).close();

      fs.rename(file, roundabout);

      assertThat(folder.resolve(".a.crc")).exists();
    }
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
