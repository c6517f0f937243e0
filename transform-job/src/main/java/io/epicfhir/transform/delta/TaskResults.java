package io.epicfhir.transform.delta;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;

/**
 * Records as results of tasks. Kryo, which Spark is set to use, cannot write Java's records; so
 * they travel as bytes of Java's own serialization.
 */
public final class TaskResults {
  private TaskResults() {}

  /** Runs the job and gives what its tasks gave. */
  @SuppressWarnings("unchecked") // the same task wrote it
  public static <T extends Serializable> List<T> collect(JavaRDD<T> results) {
    List<T> all = new ArrayList<>();
    for (byte[] bytes : results.map(TaskResults::bytes).collect()) {
      all.add((T) result(bytes));
    }
    return all;
  }

  private static byte[] bytes(Serializable result) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(result);
    }
    return bytes.toByteArray();
  }

  @SuppressWarnings("BanSerializableRead") // the pipeline's own tasks wrote them
  private static Object result(byte[] bytes) {
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
      return in.readObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }
}
