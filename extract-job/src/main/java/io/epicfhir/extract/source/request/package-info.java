/** Builds request URLs byte for byte, restricts where they may go, and measures traffic. */
package io.epicfhir.extract.source.request;
