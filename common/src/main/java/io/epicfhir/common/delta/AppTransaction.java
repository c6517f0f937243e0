package io.epicfhir.common.delta;

/**
 * A number that a commit leaves for its application, by which that one knows later what it has
 * already written.
 *
 * @param appId the application
 * @param version larger than any earlier one of the application in this table
 */
public record AppTransaction(String appId, long version) {}
