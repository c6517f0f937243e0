package io.epicfhir.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Instant;

/**
 * Where one resource lies, byte for byte.
 *
 * @param id empty where the line is no JSON; such a line is served and never found
 * @param digest SHA-256 of the bytes
 * @param length in bytes, without the line feed
 * @param changed when these bytes became the resource's content
 */
record StoredLine(
    String type, String id, String digest, Path file, long offset, int length, Instant changed) {

  String key() {
    return type + "/" + id;
  }

  byte[] bytes() {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    try (FileChannel channel = FileChannel.open(file)) {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, offset + buffer.position()) < 0) {
          throw new IllegalStateException("Cannot read " + key() + ": its copy is too short");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return buffer.array();
  }
}
