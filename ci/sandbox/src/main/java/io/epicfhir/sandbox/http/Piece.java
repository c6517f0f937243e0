package io.epicfhir.sandbox.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A part of a body: bytes at hand, or a range of a file that goes to the socket as it is. */
public sealed interface Piece {
  /** In bytes. */
  long length();

  /** The first bytes of this piece only. */
  Piece first(long bytes);

  /** All but the first bytes. */
  Piece from(long bytes);

  void writeTo(OutputStream out) throws IOException;

  /** Bytes at hand. */
  final class Memory implements Piece {
    private final byte[] bytes;

    public Memory(byte[] bytes) {
      this.bytes = bytes;
    }

    public byte[] bytes() {
      return bytes;
    }

    @Override
    public long length() {
      return bytes.length;
    }

    @Override
    public Piece first(long count) {
      return new Memory(Arrays.copyOf(bytes, Math.toIntExact(count)));
    }

    @Override
    public Piece from(long count) {
      return new Memory(Arrays.copyOfRange(bytes, Math.toIntExact(count), bytes.length));
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      out.write(bytes);
    }
  }

  /** A range of a file that nobody changes. */
  record FileRange(Path file, long offset, long length) implements Piece {
    @Override
    public Piece first(long count) {
      return new FileRange(file, offset, count);
    }

    @Override
    public Piece from(long count) {
      return new FileRange(file, offset + count, length - count);
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      try (FileChannel channel = FileChannel.open(file)) {
        long done = 0;
        while (done < length) {
          done += channel.transferTo(offset + done, length - done, Channels.newChannel(out));
        }
      }
    }
  }

  /** One byte, many times; it needs no memory. */
  record Repeated(byte value, long length) implements Piece {
    private static final int CHUNK = 1 << 16;

    @Override
    public Piece first(long count) {
      return new Repeated(value, count);
    }

    @Override
    public Piece from(long count) {
      return new Repeated(value, length - count);
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      byte[] chunk = new byte[(int) Math.min(length, CHUNK)];
      Arrays.fill(chunk, value);
      for (long left = length; left > 0; left -= chunk.length) {
        out.write(chunk, 0, (int) Math.min(left, chunk.length));
      }
    }
  }

  static Piece text(String text) {
    return new Memory(text.getBytes(StandardCharsets.UTF_8));
  }

  static long length(List<Piece> pieces) {
    return pieces.stream().mapToLong(Piece::length).sum();
  }

  /** The first bytes of all pieces; all of them where they are shorter. */
  static List<Piece> first(List<Piece> pieces, long bytes) {
    List<Piece> kept = new ArrayList<>();
    long left = bytes;
    for (Piece piece : pieces) {
      if (left <= 0) {
        break;
      }
      kept.add(piece.length() <= left ? piece : piece.first(left));
      left -= piece.length();
    }
    return kept;
  }
}
