/**
 * What is asked for: links byte for byte, where a request may go, and what went over the network.
 */
package io.epicfhir.extract.source.request;
