/**
 * Whose records are asked for: members of groups, files and searches, and who was merged into whom.
 */
package io.epicfhir.extract.crawl.cohort;
