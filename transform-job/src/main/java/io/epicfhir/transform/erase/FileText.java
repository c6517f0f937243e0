package io.epicfhir.transform.erase;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import io.epicfhir.common.lake.Lake;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.fs.Path;

/**
 * The bytes of a file, unpacked where its beginning says that it is packed. A crawl's spool has
 * packed bodies between heads that are not: all of them are unpacked behind the file itself.
 */
final class FileText {
  private static final int MAGIC = 4;
  private static final int[] FRAME = {0x28, 0xb5, 0x2f, 0xfd};
  private static final String SPOOL = "/spool/";

  private FileText() {}

  static byte[] of(Lake lake, Path file) throws IOException {
    byte[] bytes = unpacked(lake, file);
    return file.toUri().getPath().contains(SPOOL) ? withBodies(bytes) : bytes;
  }

  private static byte[] withBodies(byte[] bytes) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(bytes);
    for (int i = 0; i + MAGIC <= bytes.length; i++) {
      if (bytes[i] == 0x28 && starts(Arrays.copyOfRange(bytes, i, i + MAGIC), FRAME)) {
        long length = Zstd.findFrameCompressedSize(bytes, i, bytes.length - i);
        if (Zstd.isError(length)) {
          throw new IOException("a body cannot be unpacked");
        }
        try (InputStream body =
            new ZstdInputStream(new ByteArrayInputStream(bytes, i, (int) length))) {
          body.transferTo(all);
        }
        all.write(' ');
        i += (int) length - 1;
      }
    }
    return all.toByteArray();
  }

  private static byte[] unpacked(Lake lake, Path file) throws IOException {
    try (InputStream in =
        new BufferedInputStream(file.getFileSystem(lake.hadoop()).open(file), 1 << 16)) {
      in.mark(MAGIC);
      byte[] magic = in.readNBytes(MAGIC);
      in.reset();
      if (starts(magic, 0x1f, 0x8b)) {
        return new GZIPInputStream(in).readAllBytes();
      }
      return starts(magic, FRAME) ? new ZstdInputStream(in).readAllBytes() : in.readAllBytes();
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
