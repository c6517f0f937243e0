package io.epicfhir.sandbox.lines;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.epicfhir.sandbox.http.Json;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Finds the lines of an NDJSON file: split at LF bytes only, whatever else a line contains. */
public final class LineScanner {
  private final Path file;
  private final Reach reach;
  private final String typeByName;
  private final Instant now;
  private final MessageDigest sha256;
  private final List<StoredLine> lines = new ArrayList<>();

  private LineScanner(Path file, Reach reach, Instant now) {
    this.file = file;
    this.reach = reach;
    this.typeByName = file.getFileName().toString().replaceFirst("\\..*", "");
    this.now = now;
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Every line of a file whose last byte is LF; blank lines are no resources. */
  public static List<StoredLine> scan(Path file, Reach reach, Instant now) throws IOException {
    LineScanner scanner = new LineScanner(file, reach, now);
    scanner.scan();
    return scanner.lines;
  }

  private void scan() throws IOException {
    byte[] buffer = new byte[1 << 20];
    ByteArrayOutputStream line = new ByteArrayOutputStream(1 << 16);
    long position = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        int start = 0;
        for (int i = 0; i < read; i++) {
          if (buffer[i] == '\n') {
            line.write(buffer, start, i - start);
            add(line.toByteArray(), position + i - line.size());
            line.reset();
            start = i + 1;
          }
        }
        line.write(buffer, start, read - start);
        position += read;
      }
    }
  }

  private void add(byte[] bytes, long offset) throws IOException {
    boolean blank = true;
    for (byte b : bytes) {
      blank &= b == ' ' || b == '\r' || b == '\t';
    }
    if (blank) {
      return;
    }
    String digest = HexFormat.of().formatHex(sha256.digest(bytes));
    String type = typeByName;
    String id = "";
    try (JsonParser parser = Json.FACTORY.createParser(bytes)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        String foundType = "";
        while ((foundType.isEmpty() || id.isEmpty())
            && parser.nextToken() == JsonToken.FIELD_NAME) {
          String field = parser.currentName();
          parser.nextToken();
          switch (field) {
            case "resourceType" -> foundType = parser.getText();
            case "id" -> id = parser.getText();
            default -> parser.skipChildren();
          }
        }
        type = foundType.isEmpty() ? typeByName : foundType;
      }
    } catch (JsonProcessingException e) {
      id = ""; // A broken line is served as it is: what becomes of it is for the client to show.
    }
    lines.add(new StoredLine(type, id, digest, file, offset, bytes.length, now, reach));
  }
}
