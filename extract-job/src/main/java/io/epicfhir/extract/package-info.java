/**
 * Epic FHIR API to bronze: the bulk export of a group is kicked off, waited for and landed, every
 * line verbatim.
 */
package io.epicfhir.extract;
