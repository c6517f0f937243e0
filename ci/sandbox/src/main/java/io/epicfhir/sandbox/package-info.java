/**
 * A FHIR server that refuses what a real Epic site refuses, counts what it was asked and fails on
 * demand. Reading order: {@link io.epicfhir.sandbox.SandboxServer}, Service, Router, TokenEndpoint,
 * BulkExports, SearchEndpoint, ResourceStore, FaultPlan, ReplyWriter.
 */
package io.epicfhir.sandbox;
