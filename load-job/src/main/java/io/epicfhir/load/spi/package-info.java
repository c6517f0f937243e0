/** Where view tables go, and what is loaded: all that a target and the loads of views share. */
package io.epicfhir.load.spi;
