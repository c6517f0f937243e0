/**
 * What two or more jobs use and that names no phase; here what all packages below need: exit codes
 * and failures, JSON with versions, the logical run.
 */
package io.epicfhir.common;
