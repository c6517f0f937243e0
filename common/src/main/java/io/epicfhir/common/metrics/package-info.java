/** A run report's figures for monitoring. */
package io.epicfhir.common.metrics;
