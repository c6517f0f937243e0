package io.epicfhir.transform.fhirpath;

import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.lpad;
import static org.apache.spark.sql.functions.ltrim;
import static org.apache.spark.sql.functions.negate;
import static org.apache.spark.sql.functions.regexp_replace;
import static org.apache.spark.sql.functions.rpad;
import static org.apache.spark.sql.functions.rtrim;
import static org.apache.spark.sql.functions.substring_index;
import static org.apache.spark.sql.functions.translate;
import static org.apache.spark.sql.functions.try_add;
import static org.apache.spark.sql.functions.try_divide;
import static org.apache.spark.sql.functions.try_multiply;
import static org.apache.spark.sql.functions.try_subtract;
import static org.apache.spark.sql.functions.when;

import io.epicfhir.transform.fhirpath.Expr.Op;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** Numbers kept as the source's digits. */
final class Numbers {
  /** FHIRPath asks for 28 digits, 8 of them a fraction; more would cost the product's fraction. */
  private static final DataType EXACT = DataTypes.createDecimalType(28, 8);

  private static final int DIGITS = 80;

  private Numbers() {}

  /**
   * A text whose order is the number's order, for any number of digits up to 80 on either side of
   * the point. An exponent is first written out, as far as Spark's decimals go.
   */
  static Column sortable(Column number) {
    Column text = number.cast(DataTypes.StringType);
    Column written = when(text.rlike("[eE]"), writtenOut(text)).otherwise(text);
    Column negative = written.startsWith("-");
    Column digits = ltrim(ltrim(written, lit("-")), lit("0"));
    Column fraction =
        when(digits.contains("."), rtrim(substring_index(digits, ".", -1), lit("0")))
            .otherwise(lit(""));
    Column padded =
        concat(lpad(substring_index(digits, ".", 1), DIGITS, "0"), rpad(fraction, DIGITS, "0"));
    Column zero = translate(padded, "0", "").equalTo("");
    return when(written.isNull().or(text.isNull()), lit(null))
        .when(
            negative.and(zero.equalTo(false)),
            concat(lit("-"), translate(padded, "0123456789", "9876543210")))
        .otherwise(concat(lit("0"), padded));
  }

  private static Column writtenOut(Column text) {
    return text.try_cast(DataTypes.createDecimalType(38, 18)).cast(DataTypes.StringType);
  }

  static Column arithmetic(Op op, List<Column> on, List<Form> forms) {
    boolean decimal = op == Op.DIVIDE || forms.contains(Form.DECIMAL);
    Column left = decimal ? exact(on.get(0)) : on.get(0);
    Column right = on.size() == 1 ? null : decimal ? exact(on.get(1)) : on.get(1);
    Column result =
        switch (op) {
          case ADD -> try_add(left, right);
          case SUBTRACT -> try_subtract(left, right);
          case MULTIPLY -> try_multiply(left, right);
          case DIVIDE -> try_divide(left, right);
          case INTEGER_DIVIDE ->
              when(right.notEqual(0), left.divide(right).cast(DataTypes.LongType));
          case MODULO -> when(right.notEqual(0), left.mod(right));
          case NEGATE -> negate(left);
          default -> throw new IllegalStateException("no arithmetic: " + op);
        };
    return decimal ? plain(result) : result.cast(DataTypes.IntegerType);
  }

  private static Column exact(Column number) {
    return number.cast(DataTypes.StringType).try_cast(EXACT);
  }

  /** The shortest way to write a computed number. */
  private static Column plain(Column number) {
    Column text = number.cast(DataTypes.StringType);
    return when(text.contains("."), regexp_replace(text, "\\.?0+$", "")).otherwise(text);
  }

  static Column digitsAfterPoint(Column number) {
    return when(number.contains("."), length(substring_index(number, ".", -1))).otherwise(lit(0));
  }
}
