package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NioLocalFileSystemTest {
  @TempDir java.nio.file.Path folder;

  @Test
  void gives_files_the_permissions_that_hadoop_asks_for() throws IOException {
    Configuration hadoop = new Configuration();
    hadoop.set(NioLocalFileSystem.KEY, NioLocalFileSystem.class.getName());
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
}
