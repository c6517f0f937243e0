/** Pooled connections, and the bodies of answers: counted, guarded, and unpacked within limits. */
package io.epicfhir.extract.source.http;
