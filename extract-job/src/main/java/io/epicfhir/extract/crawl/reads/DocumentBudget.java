package io.epicfhir.extract.crawl.reads;

import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.settings.AttachmentSettings;
import io.epicfhir.extract.crawl.spool.CrawlFigures;
import io.epicfhir.extract.crawl.spool.ReadById;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/**
 * Fetches documents within the day's budget: the server's own (4135) and that of the settings. What
 * is left then is not an error: the next crawl begins with it.
 */
public final class DocumentBudget {
  private final IndexFolder index;
  private final CrawlFigures figures;
  private final int dailyLimit;
  private final LocalDate today;

  /**
   * @param dailyLimit documents a day; 0 for any number
   */
  private DocumentBudget(IndexFolder index, CrawlFigures figures, int dailyLimit, LocalDate today) {
    this.index = index;
    this.figures = figures;
    this.dailyLimit = dailyLimit;
    this.today = today;
  }

  /** With what is left of today's budget. */
  public static DocumentBudget ofToday(
      IndexFolder index, CrawlFigures figures, AttachmentSettings settings) {
    return new DocumentBudget(index, figures, settings.dailyLimit(), LocalDate.now(ZoneOffset.UTC));
  }

  /** Reads what there is time for, and notes the rest. */
  public void run(ReadsById reads, List<ReadById> documents) {
    if (documents.isEmpty()) {
      return;
    }
    int before = index.documentsOn(today);
    int may = dailyLimit == 0 ? documents.size() : Math.max(0, dailyLimit - before);
    int now = Math.min(may, documents.size());
    documents.subList(now, documents.size()).forEach(figures::leftForTomorrow);
    try {
      reads.run(documents.subList(0, now));
    } finally {
      index.documentsOn(today, before + figures.documents.intValue());
    }
  }
}
