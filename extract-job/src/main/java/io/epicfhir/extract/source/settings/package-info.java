/** The block {@code source} of the settings, with the scopes and algorithms that it can name. */
package io.epicfhir.extract.source.settings;
