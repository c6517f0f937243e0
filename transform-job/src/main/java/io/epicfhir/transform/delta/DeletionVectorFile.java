package io.epicfhir.transform.delta;

import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.delta.DataFile.DeletionVector;
import io.epicfhir.common.lake.Lake;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32;
import org.apache.hadoop.fs.Path;
import org.roaringbitmap.RoaringBitmap;

/**
 * A file of deletion vectors beside a table's data files, in the format of the Delta protocol.
 *
 * @see <a
 *     href="https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vector-file-storage-format">
 *     Deletion Vector File Storage Format</a>
 */
final class DeletionVectorFile {
  private static final int VERSION = 1;
  private static final int MAGIC = 1681511377;

  private DeletionVectorFile() {}

  /**
   * Writes one file that holds a vector for each data file.
   *
   * @param positions all deleted rows by data file; not empty
   * @return where each vector lies
   */
  static Map<String, DeletionVector> write(
      Lake lake, Path table, Map<String, RoaringBitmap> positions) {
    UUID id = UUID.randomUUID();
    Path file = new Path(table, "deletion_vector_" + id + ".bin");
    Map<String, DeletionVector> vectors = new LinkedHashMap<>();
    try (DataOutputStream out =
        new DataOutputStream(file.getFileSystem(lake.hadoop()).create(file, false))) {
      out.writeByte(VERSION);
      int offset = 1;
      for (Map.Entry<String, RoaringBitmap> one : positions.entrySet()) {
        byte[] vector = serialized(one.getValue());
        out.writeInt(vector.length);
        out.write(vector);
        CRC32 checksum = new CRC32();
        checksum.update(vector);
        out.writeInt((int) checksum.getValue());
        vectors.put(
            one.getKey(),
            new DeletionVector(
                "u",
                Base85.encode(id),
                Optional.of(offset),
                vector.length,
                one.getValue().getLongCardinality()));
        offset += Integer.BYTES + vector.length + Integer.BYTES;
      }
    } catch (IOException e) {
      throw StorageFailure.of("write " + file, e);
    }
    return vectors;
  }

  /** A 64-bit bitmap of one 32-bit one: no file has more rows. */
  private static byte[] serialized(RoaringBitmap positions) throws IOException {
    positions.runOptimize();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ByteBuffer head =
        ByteBuffer.allocate(Integer.BYTES + Long.BYTES + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    head.putInt(MAGIC).putLong(1).putInt(0);
    bytes.write(head.array());
    positions.serialize(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }
}
