package io.epicfhir.extract.crawl;

/** Lines of resources for {@link Clinic}. */
final class People {
  private People() {}

  static String patient(String id) {
    return "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\"}";
  }

  static String patient(String id, String linkType, String other) {
    return "{\"resourceType\":\"Patient\",\"id\":\""
        + id
        + "\",\"link\":[{\"other\":{\"reference\":\"Patient/"
        + other
        + "\"},\"type\":\""
        + linkType
        + "\"}]}";
  }

  static String condition(String id, String patient) {
    return "{\"resourceType\":\"Condition\",\"id\":\""
        + id
        + "\",\"subject\":{\"reference\":\"Patient/"
        + patient
        + "\"}}";
  }

  static String lab(String id, String patient) {
    return observation(id, patient, "laboratory");
  }

  static String observation(String id, String patient, String category) {
    return "{\"resourceType\":\"Observation\",\"id\":\""
        + id
        + "\",\"category\":[{\"coding\":[{\"code\":\""
        + category
        + "\"}]}],\"subject\":{\"reference\":\"Patient/"
        + patient
        + "\"}}";
  }
}
