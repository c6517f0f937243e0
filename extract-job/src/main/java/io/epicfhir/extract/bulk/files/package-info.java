/**
 * The files of an export on their way into bronze: downloads side by side, the intake of lines, and
 * a receipt for each file that is whole.
 */
package io.epicfhir.extract.bulk.files;
