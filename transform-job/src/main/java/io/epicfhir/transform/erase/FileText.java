package io.epicfhir.transform.erase;

import com.github.luben.zstd.ZstdInputStream;
import io.epicfhir.common.lake.Lake;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.fs.Path;

/** The bytes of a file, unpacked where its beginning says that it is packed. */
final class FileText {
  private static final int MAGIC = 4;

  private FileText() {}

  static byte[] of(Lake lake, Path file) throws IOException {
    try (InputStream in =
        new BufferedInputStream(file.getFileSystem(lake.hadoop()).open(file), 1 << 16)) {
      in.mark(MAGIC);
      byte[] magic = in.readNBytes(MAGIC);
      in.reset();
      if (starts(magic, 0x1f, 0x8b)) {
        return new GZIPInputStream(in).readAllBytes();
      }
      return starts(magic, 0x28, 0xb5, 0x2f, 0xfd)
          ? new ZstdInputStream(in).readAllBytes()
          : in.readAllBytes();
    }
  }

  private static boolean starts(byte[] bytes, int... expected) {
    if (bytes.length < expected.length) {
      return false;
    }
    for (int i = 0; i < expected.length; i++) {
      if ((bytes[i] & 0xff) != expected[i]) {
        return false;
      }
    }
    return true;
  }
}
