package io.epicfhir.load.postgres.state;

/**
 * What a load notes of itself.
 *
 * @param mark what it leaves
 * @param whole whether all rows were written, so that the content is known to be the view's
 * @param comments the comments that it wrote, as JSON; null to leave what is noted
 * @param readerRole the role that the settings name; null to leave what is noted
 * @param warning for a person, or empty
 */
public record LoadNote(
    TableMark mark, boolean whole, String comments, String readerRole, String warning) {}
