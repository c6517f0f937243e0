/** The block {@code crawl} of the settings, and the searches that it asks for. */
package io.epicfhir.extract.crawl.settings;
