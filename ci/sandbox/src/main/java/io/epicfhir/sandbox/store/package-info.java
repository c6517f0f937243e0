/**
 * What the site holds: the resources of a folder, the groups of its patients, and what happens to
 * both between two nights.
 */
package io.epicfhir.sandbox.store;
