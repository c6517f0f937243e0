package io.epicfhir.extract.crawl.spool;

import com.github.luben.zstd.Zstd;
import io.epicfhir.extract.crawl.index.TextBytes;
import io.epicfhir.extract.crawl.pages.Bytes;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.Page;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A record as bytes: three lengths and a checksum, then a head that can be read without the body,
 * then the body, packed. Where the lengths or the checksum do not fit, a writer died there.
 */
final class SpoolFormat {
  private static final int LEVEL = 1;
  private static final int LONGEST_HEAD = 1 << 30;

  private SpoolFormat() {}

  static byte[] write(SpoolRecord record) throws IOException {
    byte[] head = head(record);
    byte[] packed = record.body().length == 0 ? new byte[0] : Zstd.compress(record.body(), LEVEL);
    CRC32C crc = new CRC32C();
    crc.update(head);
    crc.update(packed);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(16 + head.length + packed.length);
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(head.length);
    out.writeInt(packed.length);
    out.writeInt(record.body().length);
    out.writeInt((int) crc.getValue());
    out.write(head);
    out.write(packed);
    return bytes.toByteArray();
  }

  /** The next record; empty at the end, or where the last one was not written to its end. */
  static Optional<SpoolRecord> read(DataInputStream in, boolean body) throws IOException {
    try {
      int headLength = in.readInt();
      int packedLength = in.readInt();
      int bodyLength = in.readInt();
      int expected = in.readInt();
      if (headLength <= 0 || headLength > LONGEST_HEAD || packedLength < 0 || bodyLength < 0) {
        return Optional.empty();
      }
      byte[] head = in.readNBytes(headLength);
      byte[] packed = in.readNBytes(packedLength);
      CRC32C crc = new CRC32C();
      crc.update(head);
      crc.update(packed);
      if (head.length < headLength
          || packed.length < packedLength
          || (int) crc.getValue() != expected) {
        return Optional.empty();
      }
      return Optional.of(record(head, body ? unpacked(packed, bodyLength) : new byte[0]));
    } catch (EOFException e) {
      return Optional.empty();
    }
  }

  private static byte[] unpacked(byte[] packed, int length) {
    return length == 0 ? packed : Zstd.decompress(packed, length);
  }

  private static byte[] head(SpoolRecord record) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    TextBytes.write(out, record.search());
    TextBytes.write(out, record.subject());
    out.writeInt(record.restart());
    out.writeInt(record.page());
    TextBytes.write(out, record.end().name());
    TextBytes.write(out, record.next());
    out.writeLong(record.readAt());
    out.writeInt(record.codes().size());
    for (OutcomeCode code : record.codes()) {
      out.writeBoolean(code.severe());
      TextBytes.write(out, code.code());
    }
    out.writeInt(record.references().size());
    for (String reference : record.references()) {
      TextBytes.write(out, reference);
    }
    out.writeInt(record.entries().size());
    for (Entry entry : record.entries()) {
      TextBytes.write(out, entry.kind().name());
      TextBytes.write(out, entry.type());
      TextBytes.write(out, entry.id());
      out.writeInt(entry.length());
    }
    out.writeLong(record.total());
    for (Entry entry : record.entries()) {
      out.writeBoolean(entry.matched());
    }
    for (int i = 0; i < record.entries().size(); i++) {
      List<String> patients = record.entries().get(i).patients();
      if (!patients.isEmpty()) {
        out.writeInt(i);
        out.writeInt(patients.size());
        for (String patient : patients) {
          TextBytes.write(out, patient);
        }
      }
    }
    return bytes.toByteArray();
  }

  private static SpoolRecord record(byte[] head, byte[] body) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(head));
    String search = TextBytes.read(in);
    String subject = TextBytes.read(in);
    int restart = in.readInt();
    int page = in.readInt();
    SpoolRecord.End end = SpoolRecord.End.valueOf(TextBytes.read(in));
    String next = TextBytes.read(in);
    long readAt = in.readLong();
    List<OutcomeCode> codes = codes(in);
    List<String> references = texts(in);
    List<Entry> entries = entries(in);
    long total = Page.NO_TOTAL;
    if (in.available() > 0) { // a spool of an earlier version ends here
      total = in.readLong();
      for (int i = 0; i < entries.size(); i++) {
        entries.set(i, in.readBoolean() ? entries.get(i) : entries.get(i).included());
      }
      while (in.available() > 0) { // the few of other patients than the one who was asked for
        int number = in.readInt();
        entries.set(number, entries.get(number).of(texts(in)));
      }
    }
    return new SpoolRecord(
        search,
        subject,
        restart,
        page,
        end,
        next,
        readAt,
        codes,
        references,
        entries,
        Bytes.of(body),
        total);
  }

  private static List<OutcomeCode> codes(DataInputStream in) throws IOException {
    List<OutcomeCode> codes = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      codes.add(new OutcomeCode(in.readBoolean(), TextBytes.read(in)));
    }
    return codes;
  }

  private static List<String> texts(DataInputStream in) throws IOException {
    List<String> texts = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      texts.add(TextBytes.read(in));
    }
    return texts;
  }

  private static List<Entry> entries(DataInputStream in) throws IOException {
    List<Entry> entries = new ArrayList<>();
    int offset = 0;
    for (int left = in.readInt(); left > 0; left--) {
      Entry.Kind kind = Entry.Kind.valueOf(TextBytes.read(in));
      Entry entry = new Entry(kind, TextBytes.read(in), TextBytes.read(in), offset, in.readInt());
      entries.add(entry);
      offset += entry.length();
    }
    return entries;
  }
}
