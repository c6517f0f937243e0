/** The endpoints that are no part of the FHIR server, for tests in other processes. */
package io.epicfhir.sandbox.admin;
