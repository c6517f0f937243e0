package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.optout.EntriesOfBundle;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.common.optout.QuarantinedGroups;
import io.epicfhir.extract.bronze.BronzeLine;
import io.epicfhir.extract.bronze.LineHead;
import io.epicfhir.extract.bronze.LineSplitter;
import io.epicfhir.extract.bronze.QuarantinedLine;
import io.epicfhir.extract.bronze.Rejection;
import io.epicfhir.extract.bronze.RollingParquet;
import io.epicfhir.extract.bulk.manifest.FileKind;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import io.epicfhir.extract.crawl.references.FileReferences;
import io.epicfhir.extract.source.answer.BrokenBody;
import io.epicfhir.extract.source.answer.DamagedBody;
import io.epicfhir.extract.source.http.Intake;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.parquet.io.api.Binary;

/**
 * Takes in one file's lines, each once, however often the file must be asked for: a new try passes
 * over the lines that an earlier one took, checking that they are the same bytes.
 */
final class FileIntake implements Intake {
  /** A server has few kinds of problems; whatever comes beyond is taken for the worst. */
  private static final int MOST_KINDS = 200;

  private static final String OUTCOME = "OperationOutcome";

  private final RemoteFile file;
  private final int maxLine;
  private final RollingParquet<BronzeLine> bronze;
  private final RollingParquet<QuarantinedLine> quarantine;
  private final FileReferences references;
  private final OptOuts optOuts;
  private final QuarantinedGroups groups;
  private final Map<String, Long> reasons = new TreeMap<>();
  private final Map<String, Long> unread = new TreeMap<>();
  private final Map<ServerProblem, Long> problems = new LinkedHashMap<>();
  private final TakenPieces taken = new TakenPieces();
  private long received;
  private long written;
  private long rejected;
  private long blank;
  private long oddLastUpdated;
  private long bytes;
  private long optedOut;
  private boolean cameShort;

  FileIntake(
      RemoteFile file,
      int maxLine,
      RollingParquet<BronzeLine> bronze,
      RollingParquet<QuarantinedLine> quarantine,
      FileReferences references,
      OptOuts optOuts) {
    this.file = file;
    this.maxLine = maxLine;
    this.bronze = bronze;
    this.quarantine = quarantine;
    this.references = references;
    this.optOuts = optOuts;
    this.groups = QuarantinedGroups.of(optOuts);
  }

  @Override
  public void take(InputStream body) throws IOException {
    boolean resources = file.kind() != FileKind.ERROR && !OUTCOME.equals(file.type());
    LineSplitter lines = new LineSplitter(resources ? OutcomeInPlace.refused(body) : body, maxLine);
    taken.passOver(lines, file);
    while (lines.next()) {
      takePiece(lines);
      taken.add(lines);
    }
    boolean tooFew = file.count() != null && received < file.count();
    if (tooFew && !cameShort) {
      cameShort = true; // once more: a body cut at a line's end looks like a whole one
      throw new BrokenBody("the file ended before its announced count");
    }
  }

  /**
   * All of it is kept, none of it is taken for resources. What is missing is said whatever the file
   * is called; a line that does not say it is an error that nobody can expect.
   */
  @Override
  public void takeForeign(InputStream body) throws IOException {
    if (file.kind() == FileKind.ERROR) {
      take(body);
      return;
    }
    LineSplitter lines = new LineSplitter(body, maxLine);
    taken.passOver(lines, file);
    while (lines.next()) {
      if (lines.part() == 0) {
        reject(lines, Rejection.WRONG_CONTENT_TYPE);
        received++;
      } else {
        put(lines, Rejection.WRONG_CONTENT_TYPE.reason());
      }
      bytes += lines.length();
      taken.add(lines);
    }
  }

  /** The lines of resources that stay out; of these, quarantine has what came before the name. */
  QuarantinedGroups stayingOut() {
    return groups;
  }

  FileResult result(long ms) {
    return new FileResult(
        file.name(),
        file.kind(),
        file.type(),
        file.count(),
        received,
        written,
        rejected,
        ServerProblems.of(problems),
        blank,
        oddLastUpdated,
        bytes,
        ms,
        reasons,
        optedOut,
        List.copyOf(optOuts.learned()),
        List.copyOf(optOuts.keptOut()),
        unread,
        List.copyOf(optOuts.released()));
  }

  private void takePiece(LineSplitter lines) throws IOException {
    if (lines.blank()) {
      blank++;
      groups.blank(file.name(), lines.line());
      return;
    }
    if (!lines.whole()) {
      requireTerminated(lines, false);
      tooLong(lines);
      return;
    }
    if (file.kind() == FileKind.ERROR) {
      reported(lines);
    } else {
      resource(lines);
    }
    received++;
    bytes += lines.length();
  }

  private void resource(LineSplitter lines) throws IOException {
    LineHead head =
        LineHead.of(
            lines.buffer(),
            lines.offset(),
            lines.length(),
            file.type(),
            file.kind() == FileKind.OUTPUT);
    requireTerminated(lines, head.rejection() != Rejection.NOT_A_JSON_OBJECT);
    if (head.rejection() != null) {
      reject(lines, head.rejection());
      return;
    }
    if (file.kind() == FileKind.DELETED) {
      deletions(lines);
      return;
    }
    if (optOuts.keepsOut(file.type(), head.id(), lines.buffer(), lines.offset(), lines.length())) {
      optedOut++;
      return;
    }
    bronze.write(new BronzeLine(head, lines.binary(), file.name(), lines.line()));
    references.take(head, lines.buffer(), lines.offset(), lines.length());
    written++;
    oddLastUpdated += head.oddLastUpdated() ? 1 : 0;
  }

  /** What the Bundle says of others is needed, no matter who else it names. */
  private void deletions(LineSplitter lines) {
    byte[] text =
        Arrays.copyOfRange(lines.buffer(), lines.offset(), lines.offset() + lines.length());
    if (optOuts.in(text, 0, text.length)) {
      text = EntriesOfBundle.without(text, entry -> optOuts.in(entry, 0, entry.length));
    }
    LineHead head = LineHead.of(text, 0, text.length, file.type(), false);
    Binary line = Binary.fromConstantByteArray(text);
    bronze.write(new BronzeLine(head, line, file.name(), lines.line()));
    references.take(head, text, 0, text.length);
    written++;
    oddLastUpdated += head.oddLastUpdated() ? 1 : 0;
  }

  /** A line of an error file: kept in any case, and judged by what it says. */
  private void reported(LineSplitter lines) throws IOException {
    ErrorLine error = ErrorLine.of(lines.buffer(), lines.offset(), lines.length(), file.type());
    requireTerminated(lines, error.readable());
    boolean counted = problems.size() < MOST_KINDS || problems.containsKey(error.problem());
    problems.merge(counted ? error.problem() : ServerProblem.UNREADABLE, 1L, Long::sum);
    put(lines, error.problem().severe() ? "server-error" : "server-warning");
  }

  private void tooLong(LineSplitter lines) {
    if (lines.part() == 0) {
      reject(lines, Rejection.TOO_LONG);
      received++;
    } else {
      put(lines, Rejection.TOO_LONG.reason());
    }
    bytes += lines.length();
  }

  private void reject(LineSplitter lines, Rejection rejection) {
    if (put(lines, rejection.reason())) {
      reasons.merge(rejection.reason(), 1L, Long::sum);
      rejected++;
    } else {
      optedOut++;
      unread.merge(rejection.reason(), 1L, Long::sum);
    }
  }

  /** Whether it is in quarantine, unless what follows says whose it is. */
  private boolean put(LineSplitter lines, String reason) {
    if (groups.take(file.name(), lines.line(), lines.buffer(), lines.offset(), lines.length())) {
      return false;
    }
    quarantine.write(
        new QuarantinedLine(reason, file.name(), lines.line(), lines.part(), lines.binary()));
    return true;
  }

  /** A last line without its LF is whole only if it reads as whole; else the file was cut in it. */
  private static void requireTerminated(LineSplitter lines, boolean readsWhole) throws DamagedBody {
    if (!lines.terminated() && !readsWhole) {
      throw new DamagedBody("the file ended in the middle of a line");
    }
  }
}
