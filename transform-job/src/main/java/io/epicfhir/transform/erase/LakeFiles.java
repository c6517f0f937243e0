package io.epicfhir.transform.erase;

import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.lake.Lake;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** All files below a folder, hidden ones too; none where there is no such folder. */
final class LakeFiles {
  private LakeFiles() {}

  static List<Path> below(Lake lake, Path folder) {
    List<Path> files = new ArrayList<>();
    if (lake.exists(folder)) {
      try {
        collect(folder.getFileSystem(lake.hadoop()), folder, files);
      } catch (IOException e) {
        throw StorageFailure.of("list " + folder, e);
      }
    }
    return files;
  }

  private static void collect(FileSystem fs, Path folder, List<Path> files) throws IOException {
    for (FileStatus status : fs.listStatus(folder)) {
      if (status.isDirectory()) {
        collect(fs, status.getPath(), files);
      } else {
        files.add(status.getPath());
      }
    }
  }
}
