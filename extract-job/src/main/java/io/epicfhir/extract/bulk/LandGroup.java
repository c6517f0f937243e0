package io.epicfhir.extract.bulk;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bulk.export.BulkExport;
import io.epicfhir.extract.bulk.export.DurableKickOff;
import io.epicfhir.extract.bulk.export.StatusCheck;
import io.epicfhir.extract.bulk.files.DamagedFile;
import io.epicfhir.extract.bulk.files.LinksExpired;
import io.epicfhir.extract.bulk.ledger.ExportFence;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.crawl.references.BulkHydration;
import io.epicfhir.extract.settings.ExtractSettings;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.net.URI;

/**
 * Lands a group's export, whatever becomes of its links: where they no longer lead to the files the
 * manifest is asked for again, and where that does not help the export is asked for anew, once.
 */
public final class LandGroup {
  private static final int MOST_RENEWALS = 1;

  private final JobContext context;
  private final SourceSettings source;
  private final BulkSettings settings;
  private final BulkExport bulk;
  private final ExportLedger ledger;
  private final BulkLanding landing;

  /** Of the ledger's export. */
  public LandGroup(
      JobContext context,
      ExtractSettings settings,
      BulkExport bulk,
      ExportLedger ledger,
      BulkHydration hydration,
      BulkFigures figures) {
    this.context = context;
    this.source = settings.source();
    this.settings = settings.bulk();
    this.bulk = bulk;
    this.ledger = ledger;
    this.landing =
        new BulkLanding(context, settings.bulk(), settings.bronze(), ledger, hydration, figures);
  }

  /**
   * Lands it.
   *
   * @throws JobException {@link ExitCode#UNAVAILABLE} where it is not ready, or was asked for anew
   */
  public Landing run(ExportFence fence) {
    ExportLedger.Started started = ledger.requireStarted();
    int mostNoRoutes = source.maxTries();
    try {
      return land(started, fence, mostNoRoutes);
    } catch (LinksExpired e) {
      context.recorder().note("A file's link had expired; the manifest was requested again.");
      ledger.forgetManifest();
      // The files' own server says that they are gone; a 404 for their export then says the same.
      mostNoRoutes = e.mayPass() ? mostNoRoutes : 1;
    }
    try {
      return land(started, fence, mostNoRoutes);
    } catch (LinksExpired e) {
      if (e.mayPass()) {
        throw e.given(
            "a gateway answered with a web page, which does not say whether the export still"
                + " exists. The export is kept. Rerun when the file server is up again");
      }
      throw askedAnew(started, e);
    }
  }

  private Landing land(ExportLedger.Started started, ExportFence fence, int mostNoRoutes) {
    try {
      return landing.land(manifest(started, mostNoRoutes), fence);
    } catch (JobException e) {
      throw DamagedFile.causes(e) ? damaged(e) : e;
    }
  }

  /** This run's next try may find the file mended; no later run waits for that. */
  private JobException damaged(JobException e) {
    String why =
        e.getMessage()
            + "; a rerun of this task downloads the file again, the next run requests a new export";
    refuse(why);
    return new JobException(e.exitCode(), why, e.getCause());
  }

  private void refuse(String why) {
    ledger.refuse(new ExportLedger.Refused(Pace.real().clock().instant(), why, false));
  }

  private Manifest manifest(ExportLedger.Started started, int mostNoRoutes) {
    StatusCheck.State state;
    try {
      state =
          new StatusCheck(settings, source, bulk, ledger, context.lake(), Pace.real(), mostNoRoutes)
              .run();
    } catch (JobException e) {
      if (ledger.started().isEmpty()) { // given up: the server no longer has it
        throw askedAnew(started, new LinksExpired(e.getMessage()));
      }
      throw e;
    }
    if (!state.complete()) {
      throw new JobException(
          ExitCode.UNAVAILABLE,
          "Cannot extract export "
              + started.exportId()
              + ": the server has no list of its files now ("
              + (state.progress().isBlank() ? "in progress" : state.progress())
              + "); rerun after "
              + state.notBefore());
    }
    return Manifest.parse(ledger.manifest().orElseThrow());
  }

  private JobException askedAnew(ExportLedger.Started old, LinksExpired expired) {
    if (ledger.renewals() >= MOST_RENEWALS) {
      JobException refusal =
          new JobException(
              ExitCode.REFUSED,
              expired.getMessage()
                  + "; the export was already requested again once: its links expire before its"
                  + " files can be downloaded. Ask the server's operator for longer-lived links, or"
                  + " split the group; then rerun from the kick-off, which requests a new export");
      if (ledger.started().isPresent()) { // no later run may adopt it
        refuse(refusal.getMessage());
      }
      return refusal;
    }
    if (ledger.started().isPresent()) {
      ledger.giveUp(Pace.real().clock().instant());
      bulk.letGo(URI.create(old.statusUrl()))
          .ifPresent(why -> context.recorder().note("The old export stays at the server: " + why));
    }
    ledger.renewed();
    new DurableKickOff(context, settings, bulk, Pace.real()).again(old.asked(), old.exportId());
    return expired.given(
        "the export was requested again; the next try continues when the new one is ready");
  }
}
