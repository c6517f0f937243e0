package io.epicfhir.transform;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.common.optout.ApprovedPatients;
import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.transform.erase.Erasure;
import io.epicfhir.transform.erase.ErasureProof;
import java.time.Duration;

/**
 * Erases patients from the lake and keeps them out: {@code --mode plan} says what would go, {@code
 * go} erases, {@code prove} looks through the lake for who is on the list. No id is shown anywhere.
 */
public final class Erase implements Job {
  private static final String BACKUPS =
      "Not erased, because the pipeline does not reach them: backups and snapshots of the lake and of PostgreSQL, replicas and WAL, versions"
          + " that an object store keeps, copies that people made, the list of patients itself.";

  /** Runs the job as a process; see {@link io.epicfhir.common.job.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new Erase(), args));
  }

  @Override
  public String phase() {
    return "erase";
  }

  @Override
  @SuppressWarnings("try") // the lock is held, not used
  public void run(JobContext context) {
    Duration patience = CareSettings.from(context.settings()).lockPatience();
    String mode = context.arguments().mode();
    try (RunLock lock = RunLock.acquire(context.lake(), Transformation.LOCK, patience)) {
      switch (mode) {
        case "plan" -> {
          NamedPatients named = named(context);
          Erasure.Result planned = erasure(context, named).plan();
          context.recorder().result("list", planned.approval());
          tell(context.recorder(), planned);
        }
        case "go" -> {
          NamedPatients named = named(context);
          new ApprovedPatients(context.lake()).require(context.arguments(), named, "erase");
          context.recorder().note(BACKUPS);
          tell(context.recorder(), erasure(context, named).go(patience));
        }
        case "prove" -> ErasureProof.of(context.lake(), context.recorder());
        default ->
            throw new JobException(
                ExitCode.SETTINGS,
                "Cannot erase: --mode is \"" + mode + "\"; use plan, go or prove");
      }
    }
  }

  private static NamedPatients named(JobContext context) {
    return NamedPatients.asked(context.arguments(), "erase");
  }

  private static Erasure erasure(JobContext context, NamedPatients named) {
    return new Erasure(context.spark(), context.lake(), named, context.arguments().approved());
  }

  private static void tell(RunRecorder recorder, Erasure.Result result) {
    recorder.patients(result.patients(), 0);
    recorder.result("patients", result.patients());
    recorder.result("unknown", result.unknown());
    recorder.result("resources", result.resources());
    recorder.result("rows", result.rows());
    recorder.result("tables", result.tables());
    recorder.note(
        "Patients: %d; %d of the listed ids and identifiers are unknown to the lake. Resources by type: %s. Rows by layer: %s."
            .formatted(result.patients(), result.unknown(), result.resources(), result.rows()));
    if (result.unknown() > 0) {
      recorder.note(
          "CHECK THE LIST: the lake has no patient for %d of its lines. An unknown id is kept out from now on. An unknown identifier (MRN) has no effect."
              .formatted(result.unknown()));
    }
    if (result.isEmpty() && result.before() > 0) {
      recorder.note("These patients were erased earlier; the tables contain nothing of them.");
    } else if (result.isEmpty()) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "No patient matches: the lake has no data about the patients on the list. Check the ids"
              + " and identifiers (system|value). If they were erased earlier, there is nothing to do");
    }
  }
}
