package io.epicfhir.sandbox.store;

import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.epic.EpicShape;
import io.epicfhir.sandbox.epic.Ndjson;
import io.epicfhir.sandbox.epic.ShapedFolder;
import io.epicfhir.sandbox.lines.Reach;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * The folder as it is served: a private copy, in the shape of the profile, with what happened at
 * the site. A folder that has not changed is neither copied nor shaped again.
 */
final class ServedFolder {
  /** One file of lines that the same requests find. */
  record ServedFile(Path path, Reach reach) {}

  private final Path folder;
  private final Path copies;
  private final Set<Behaviour> behaviours;
  private final SiteEdits edits;
  private String fingerprint = "";
  private List<ServedFile> shaped = List.of();
  private int loads;

  ServedFolder(Path folder, Path copies, Set<Behaviour> behaviours, SiteChanges changes) {
    this.folder = folder;
    this.copies = copies;
    this.behaviours = behaviours;
    this.edits = new SiteEdits(changes);
  }

  /** What is served now. */
  List<ServedFile> read() throws IOException {
    int load = loads++;
    String now = fingerprint();
    if (!now.equals(fingerprint)) {
      Path copy = copy(Files.createDirectory(copies.resolve(Integer.toString(load))));
      if (Behaviour.shapes(behaviours)) {
        Path to = Files.createDirectory(copies.resolve(load + "-shaped"));
        EpicShape.shape(copy, to, behaviours);
        copy = to;
      }
      shaped = files(copy);
      fingerprint = now;
    }
    return edits.apply(shaped, copies.resolve(load + "-edited"));
  }

  private static List<ServedFile> files(Path shape) throws IOException {
    List<ServedFile> files = new ArrayList<>();
    for (Path file : Ndjson.files(shape)) {
      files.add(new ServedFile(file, Reach.SEARCH));
    }
    for (Path file : Ndjson.files(shape.resolve(ShapedFolder.BY_ID))) {
      files.add(new ServedFile(file, Reach.BY_ID));
    }
    for (Path file : Ndjson.files(shape.resolve(ShapedFolder.READ_ONLY))) {
      files.add(new ServedFile(file, Reach.READ_ONLY));
    }
    return files;
  }

  /** Of names and bytes: a file may change and keep its size and time. */
  private String fingerprint() throws IOException {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      DigestOutputStream digest = new DigestOutputStream(OutputStream.nullOutputStream(), sha256);
      for (Path file : Ndjson.files(folder)) {
        String head = file.getFileName() + " " + Files.size(file) + "\n";
        digest.write(head.getBytes(StandardCharsets.UTF_8));
        try (InputStream in = Files.newInputStream(file)) {
          in.transferTo(digest);
        }
      }
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path copy(Path to) throws IOException {
    for (Path file : Ndjson.files(folder)) {
      endWithLineFeed(Files.copy(file, to.resolve(file.getFileName())));
    }
    return to;
  }

  private static void endWithLineFeed(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      if (bytes.length() > 0) {
        bytes.seek(bytes.length() - 1);
        if (bytes.read() != '\n') {
          bytes.write('\n');
        }
      }
    }
  }
}
