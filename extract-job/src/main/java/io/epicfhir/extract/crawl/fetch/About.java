package io.epicfhir.extract.crawl.fetch;

/**
 * What a request is about.
 *
 * @param what a resource type, maybe with the query of a search that names no patient
 * @param subject the patient or the id; never shown
 */
record About(String what, String subject) {
  String type() {
    return what.replaceFirst("\\?.*", "");
  }
}
