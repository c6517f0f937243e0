package io.epicfhir.extract.crawl.references;

import io.epicfhir.common.StorageFailure;
import io.epicfhir.extract.bronze.LineHead;
import io.epicfhir.extract.bronze.TextSpans;
import io.epicfhir.extract.crawl.pages.References;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The references in one file of an export, found line by line and noted; many come twice. */
public final class FileReferences implements AutoCloseable {
  /** What is remembered so as not to note it again; a file may name millions. */
  private static final int REMEMBERED = 20_000;

  private final References wanted;
  private final Configuration hadoop;
  private final Path note;
  private final Set<String> noted = new HashSet<>();
  private Writer writer;

  FileReferences(References wanted, Configuration hadoop, Path note) {
    this.wanted = wanted;
    this.hadoop = hadoop;
    this.note = note;
  }

  /**
   * Notes the references of a line that is one whole resource.
   *
   * @param head of the line in that buffer
   */
  public void take(LineHead head, byte[] buffer, int offset, int length) {
    if (wanted == null) {
      return;
    }
    try {
      if (!found(head.references(), buffer)) {
        byte[] line = Arrays.copyOfRange(buffer, offset, offset + length);
        for (String named : NamedReferences.of(line, wanted)) {
          note(named);
        }
      }
    } catch (IOException e) {
      throw StorageFailure.of("write " + note, e);
    }
  }

  /** All lines were taken: from now on the note counts. */
  public void finish() {
    try {
      if (wanted != null) {
        open();
        writer.close();
        writer = null;
      }
    } catch (IOException e) {
      throw StorageFailure.of("write " + note, e);
    }
  }

  /** Lets go of a note that was not finished; rows without a receipt make it nobody's. */
  @Override
  public void close() {
    try {
      if (writer != null) {
        writer.close();
        note.getFileSystem(hadoop).delete(note, false);
      }
    } catch (IOException e) {
      throw StorageFailure.of("write " + note, e);
    }
  }

  /**
   * False if a parser must decide: of names and references that are spelled with escapes, and of
   * references to what belongs to a patient.
   */
  private boolean found(TextSpans texts, byte[] buffer) throws IOException {
    if (texts == null) {
      return false;
    }
    for (int i = 0; i < texts.count(); i++) {
      int from = texts.from(i);
      String text = new String(buffer, from, texts.to(i) - from, StandardCharsets.UTF_8);
      if (text.indexOf('\\') >= 0) {
        return false;
      }
      String reference = wanted.reference(text);
      if (reference != null && !References.isShared(reference)) {
        return false;
      }
      if (reference != null) {
        note(NamedReferences.shared(reference));
      }
    }
    return true;
  }

  private void note(String named) throws IOException {
    if (noted.size() >= REMEMBERED) {
      noted.clear();
    }
    if (isOneLine(named) && noted.add(named)) {
      open();
      writer.append(named).append('\n');
    }
  }

  private void open() throws IOException {
    if (writer == null) {
      writer =
          new BufferedWriter(
              new OutputStreamWriter(
                  note.getFileSystem(hadoop).create(note, false), StandardCharsets.UTF_8));
      writer.append(ReferenceFinder.looksFor(wanted)).append('\n');
    }
  }

  static boolean isOneLine(String reference) {
    return reference.lines().limit(2).count() == 1;
  }
}
