/** All that extract reads from the settings, block by block. */
package io.epicfhir.extract.settings;
