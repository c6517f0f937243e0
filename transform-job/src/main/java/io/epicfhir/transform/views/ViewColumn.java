package io.epicfhir.transform.views;

import java.util.Optional;
import org.apache.spark.sql.types.DataType;

/**
 * A column of a compiled view.
 *
 * @param fhirType the declared FHIR type, else the one that its path has
 * @param path the expression that gives its values
 * @param collection whether it holds a list
 * @param description what it means, or empty
 * @param ansiType the value of the tag ansi/type
 * @param indexed whether its table gets an index on it
 * @param varied whether its values mostly differ from row to row: keys and points in time
 * @param sparkType decimals are strings with the source's digits
 */
public record ViewColumn(
    String name,
    String fhirType,
    String path,
    boolean collection,
    String description,
    Optional<String> ansiType,
    boolean indexed,
    boolean varied,
    DataType sparkType) {}
