package io.epicfhir.transform;

/** Exports of Medications and MedicationRequests, one a night from 2026-01-01 on. */
final class DrugNights {
  private int night;

  /**
   * @param past nights that the lake has already
   */
  DrugNights(int past) {
    this.night = past;
  }

  TestLake.Export next(TestLake lake) {
    night++;
    return lake.export("e" + night, time());
  }

  /** When the last night's export was made. */
  String time() {
    return "2026-01-%02dT00:00:00Z".formatted(night);
  }

  /**
   * @param drug the Medication's id; null for an order of none
   */
  TestLake.Export request(TestLake.Export to, String id, String status, String drug) {
    String medication =
        drug == null
            ? ""
            : ",\"medicationReference\":{\"reference\":\"Medication/%s\"}".formatted(drug);
    return add(to, "MedicationRequest", id, "\"status\":\"%s\"%s".formatted(status, medication));
  }

  /**
   * @param text of the code; tells one night's drug from another's where no view reads it
   */
  TestLake.Export drug(TestLake.Export to, String id, String code, String text) {
    String content = "\"code\":{\"coding\":[{\"code\":\"%s\"}],\"text\":\"%s\"}";
    return add(to, "Medication", id, content.formatted(code, text));
  }

  private TestLake.Export add(TestLake.Export to, String type, String id, String content) {
    String json = "{\"resourceType\":\"%s\",\"id\":\"%s\",%s}".formatted(type, id, content);
    return to.resource(type, id, String.valueOf(night), time(), json);
  }

  int number() {
    return night;
  }
}
