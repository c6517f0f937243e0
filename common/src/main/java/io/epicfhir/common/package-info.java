/**
 * What two or more jobs use and that names no phase: settings, lake, landings, Spark session, run
 * report, exit codes.
 */
package io.epicfhir.common;
