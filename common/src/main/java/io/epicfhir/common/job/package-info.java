/** What every job is: arguments, context, exit, run report, and the record of who did what. */
package io.epicfhir.common.job;
