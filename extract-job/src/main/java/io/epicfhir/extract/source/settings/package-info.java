/** The block {@code source} of the settings. */
package io.epicfhir.extract.source.settings;
