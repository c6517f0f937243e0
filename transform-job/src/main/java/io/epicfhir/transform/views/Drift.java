package io.epicfhir.transform.views;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkContext;
import org.apache.spark.util.AccumulatorV2;

/**
 * What servers send that FHIR R4 does not say: an element that it does not have, a value of another
 * JSON type. It reads as absent, but for a number in quotes; silver still holds it. Counted where
 * views look, so a run can report it; Spark may count a task that it repeats twice.
 */
public final class Drift extends AccumulatorV2<String, Map<String, Long>> {
  private static final long serialVersionUID = 1L;

  /** Paths beyond this many are not kept apart. */
  private static final int MOST = 200;

  private static final String MORE = "(further ones)";

  private final HashMap<String, Long> counts = new HashMap<>();

  /** A count that the tasks of a Spark application can add to. */
  public static Drift registered(SparkContext sc) {
    Drift drift = new Drift();
    sc.register(drift);
    return drift;
  }

  /** What each counted, by the same keys. */
  public static Map<String, Map<String, Long>> values(Map<String, Drift> drift) {
    Map<String, Map<String, Long>> values = new TreeMap<>();
    drift.forEach((key, counts) -> values.put(key, counts.value()));
    return values;
  }

  @Override
  public synchronized boolean isZero() {
    return counts.isEmpty();
  }

  @Override
  public synchronized Drift copy() {
    Drift copy = new Drift();
    copy.counts.putAll(counts);
    return copy;
  }

  @Override
  public synchronized void reset() {
    counts.clear();
  }

  @Override
  public synchronized void add(String what) {
    add(what, 1L);
  }

  @Override
  public void merge(AccumulatorV2<String, Map<String, Long>> other) {
    other.value().forEach(this::add);
  }

  /** How often each was seen, by path and kind. */
  @Override
  public synchronized Map<String, Long> value() {
    return new TreeMap<>(counts);
  }

  private synchronized void add(String what, long times) {
    boolean known = counts.containsKey(what) || counts.size() < MOST;
    counts.merge(known ? what : MORE, times, Long::sum);
  }
}
