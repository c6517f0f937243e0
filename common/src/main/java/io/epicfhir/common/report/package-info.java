/** The run report: what a task did, counted while it ran. */
package io.epicfhir.common.report;
