/**
 * What stands in a page of a search: its resources, byte for byte, its links, references and
 * outcomes.
 */
package io.epicfhir.extract.crawl.pages;
