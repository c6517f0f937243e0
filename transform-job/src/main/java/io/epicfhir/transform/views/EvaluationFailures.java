package io.epicfhir.transform.views;

import java.util.Optional;
import org.apache.spark.SparkThrowable;

/** Finds, under Spark's own failure, what a view says about a resource that does not fit it. */
public final class EvaluationFailures {
  private EvaluationFailures() {}

  /** The view's refusal, or empty where the failure has another cause. */
  public static Optional<ViewException> in(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ViewException refused) {
        return Optional.of(refused);
      }
      if (cause instanceof SparkThrowable spark
          && "USER_RAISED_EXCEPTION".equals(spark.getCondition())) {
        String message = spark.getMessageParameters().getOrDefault("errorMessage", "");
        return Optional.of(new ViewException(ViewException.Kind.EVALUATION, message, cause));
      }
    }
    return Optional.empty();
  }
}
