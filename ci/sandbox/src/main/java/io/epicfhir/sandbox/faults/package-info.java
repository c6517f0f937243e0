/** What fails on demand, and when. */
package io.epicfhir.sandbox.faults;
