package io.epicfhir.common;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.localfs.NioLocalFileSystem;
import org.apache.hadoop.conf.Configuration;

/** Looks at lakes' landings as the user whose process it is. */
public final class LandingCount {
  private LandingCount() {}

  /** Prints a line for each lake: how many landings there are, or the exit status of a job. */
  public static void main(String[] args) {
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    for (String root : args) {
      try {
        int count = new Landings(new Lake(new LakePaths(root), hadoop)).all().size();
        System.out.println("landings " + count);
      } catch (JobException e) {
        System.out.println("exit " + e.exitCode().number());
      }
    }
  }
}
