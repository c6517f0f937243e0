/** From the wire to the router and back: connections, TLS, the second origin, early requests. */
package io.epicfhir.sandbox.front;
