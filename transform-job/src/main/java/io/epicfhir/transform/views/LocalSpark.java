package io.epicfhir.transform.views;

import org.apache.spark.sql.SparkSession;

/**
 * Spark for those who try views: in this JVM, with no page and no open port beyond this machine.
 */
public final class LocalSpark {
  private LocalSpark() {}

  /** To be completed and started; the master is local[*] unless -Dspark.master says another. */
  public static SparkSession.Builder session() {
    return SparkSession.builder()
        .appName("views")
        .master(System.getProperty("spark.master", "local[*]"))
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.adaptive.enabled", "false") // there is no shuffle to adapt
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1");
  }
}
