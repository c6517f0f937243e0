package io.epicfhir.sandbox.lines;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Reads many lines: neighbours lie in one file, which is opened once. */
public final class LineReader implements AutoCloseable {
  private Path file;
  private FileChannel channel;

  public byte[] bytes(StoredLine line) {
    ByteBuffer buffer = ByteBuffer.allocate(line.length());
    try {
      FileChannel open = open(line.file());
      while (buffer.hasRemaining()) {
        if (open.read(buffer, line.offset() + buffer.position()) < 0) {
          throw new IllegalStateException("Cannot read " + line.key() + ": its copy is too short");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return buffer.array();
  }

  private FileChannel open(Path wanted) throws IOException {
    if (!wanted.equals(file)) {
      close();
      channel = FileChannel.open(wanted);
      file = wanted;
    }
    return channel;
  }

  @Override
  public void close() {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
