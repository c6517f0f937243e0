package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.Form;
import org.apache.spark.unsafe.types.UTF8String;

/** How two values that are there are compared. */
enum Comparing {
  BOOLEAN {
    @Override
    int order(Object left, Object right) {
      return Boolean.compare((Boolean) left, (Boolean) right);
    }
  },
  TEXT {
    @Override
    int order(Object left, Object right) {
      return ((UTF8String) left).compareTo((UTF8String) right);
    }

    @Override
    Boolean equal(Object left, Object right) {
      return left.equals(right);
    }
  },
  WHOLE {
    @Override
    int order(Object left, Object right) {
      return Long.compare(((Number) left).longValue(), ((Number) right).longValue());
    }
  },
  DECIMAL {
    @Override
    int order(Object left, Object right) {
      return Decimals.order(left, right);
    }
  },
  TIMESTAMP {
    @Override
    int order(Object left, Object right) {
      return Times.timestamps((UTF8String) left, (UTF8String) right);
    }
  },
  TIME {
    @Override
    int order(Object left, Object right) {
      return Times.timesOfDay((UTF8String) left, (UTF8String) right);
    }
  };

  /** Instead of an order, where FHIRPath has no answer. */
  static final int UNKNOWN = Integer.MIN_VALUE;

  /** Negative, zero, positive, or {@link #UNKNOWN}. */
  abstract int order(Object left, Object right);

  /** Whether they are equal; null where there is no answer. */
  Boolean equal(Object left, Object right) {
    int order = order(left, right);
    return order == UNKNOWN ? null : (Boolean) (order == 0);
  }

  static Comparing of(Form left, Form right) {
    Form l = left == Form.NOTHING ? right : left;
    Form r = right == Form.NOTHING ? left : right;
    return switch (l) {
      case BOOLEAN -> BOOLEAN;
      case TIMESTAMP -> TIMESTAMP;
      case TIME -> TIME;
      case INTEGER, LONG, DECIMAL -> l == Form.DECIMAL || r == Form.DECIMAL ? DECIMAL : WHOLE;
      default -> TEXT;
    };
  }
}
