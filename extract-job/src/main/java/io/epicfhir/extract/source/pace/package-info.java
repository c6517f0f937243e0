/** When a request may go: how many at a time, pauses, and how often again. */
package io.epicfhir.extract.source.pace;
