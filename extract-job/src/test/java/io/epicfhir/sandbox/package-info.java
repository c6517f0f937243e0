/**
 * A FHIR server that refuses what a real Epic site refuses, counts what it was asked and fails on
 * demand. Reading order: {@link io.epicfhir.sandbox.SandboxServer}, Router, TokenEndpoint,
 * BulkExports, SearchEndpoint, ResourceStore, FaultPlan.
 */
package io.epicfhir.sandbox;
