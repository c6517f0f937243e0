package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Gives a folder of NDJSON the shape in which Epic serves the same resources. The same source makes
 * the same bytes, and a change of one source resource changes only what is made of it. A line that
 * is no JSON stays as it is.
 */
public final class EpicShape {
  private static final Set<String> BY_ID =
      Set.of(
          "Medication", "Practitioner", "PractitionerRole", "Organization", "Location", "Specimen");
  private static final List<String> NO_UPDATES =
      List.of("lastUpdated", "versionId", "source", "profile");

  private final Set<Behaviour> behaviours;
  private final References references;
  private final HiddenObservations hidden;
  private final SiteIdentifiers identifiers;
  private final Medications medications;
  private final Notes notes;
  private final Specimens specimens;
  private final ShapedFolder out;

  private EpicShape(Path from, ShapedFolder out, Set<Behaviour> behaviours) throws IOException {
    this.behaviours = behaviours;
    SourceIndex index = SourceIndex.of(from);
    this.references = new References(index, behaviours);
    this.hidden =
        behaviours.contains(Behaviour.HIDDEN_OBSERVATIONS)
            ? HiddenObservations.of(from)
            : new HiddenObservations();
    this.identifiers = new SiteIdentifiers();
    this.medications = new Medications(index);
    this.notes = new Notes();
    this.specimens = new Specimens();
    this.out = out;
  }

  /** Writes the shaped files of one folder to another, which is made. */
  public static void shape(Path from, Path to, Set<Behaviour> behaviours) throws IOException {
    try (ShapedFolder out = new ShapedFolder(to)) {
      EpicShape shape = new EpicShape(from, out, behaviours);
      for (Path file : Ndjson.files(from)) {
        Ndjson.lines(file, line -> shape.line(file, line));
      }
    }
  }

  /** Types that only their id finds. */
  public static boolean byId(String type) {
    return BY_ID.contains(type);
  }

  /** The type that a file's name begins with. */
  static String type(Path file) {
    return file.getFileName().toString().replaceFirst("\\..*", "");
  }

  private void line(Path file, byte[] line) throws IOException {
    String name = file.getFileName().toString();
    Optional<ObjectNode> parsed = Ndjson.parse(line);
    String id = parsed.map(resource -> resource.path("id").asText()).orElse("");
    if (id.isEmpty()) {
      out.write("", name, line);
      return;
    }
    ObjectNode resource = parsed.get();
    String type = resource.path("resourceType").asText(type(file));
    shape(type, id, resource);
    out.write(place(type, id), name, Ndjson.bytes(resource));
  }

  private String place(String type, String id) {
    if (type.equals("Observation") && hidden.hides(id)) {
      return ShapedFolder.READ_ONLY;
    }
    return behaviours.contains(Behaviour.TYPES_BY_ID) && byId(type) ? ShapedFolder.BY_ID : "";
  }

  private void shape(String type, String id, ObjectNode resource) throws IOException {
    String served = references.id(type, id);
    resource.put("id", served);
    hidden.shape(type, id, resource);
    if (behaviours.contains(Behaviour.MEDICATION_REFERENCES)) {
      medications.display(resource);
    }
    references.rewrite(type, resource);
    if (behaviours.contains(Behaviour.NO_UPDATE_TIMES)) {
      withoutUpdates(resource);
    }
    if (behaviours.contains(Behaviour.SITE_IDENTIFIERS)) {
      identifiers.shape(type, resource);
    }
    if (behaviours.contains(Behaviour.SITE_EXTENSIONS)) {
      SiteExtensions.shape(type, resource);
    }
    if (behaviours.contains(Behaviour.LOCAL_CODINGS)) {
      LocalCodings.shape(type, resource);
    }
    if (behaviours.contains(Behaviour.OID_CODE_SYSTEMS)) {
      OidCodeSystems.shape(type, resource);
    }
    made(type, resource);
  }

  /** What becomes a resource of its own. */
  private void made(String type, ObjectNode resource) throws IOException {
    if (behaviours.contains(Behaviour.MEDICATION_REFERENCES)) {
      Optional<ObjectNode> medication = medications.shape(resource, behaviours);
      if (medication.isPresent()) {
        out.add(byIdPlace(), medication.get());
      }
    }
    if (behaviours.contains(Behaviour.BINARY_NOTES)) {
      for (ObjectNode binary : notes.shape(type, resource)) {
        out.add(ShapedFolder.READ_ONLY, binary);
      }
    }
    if (behaviours.contains(Behaviour.SPECIMENS)) {
      Optional<ObjectNode> specimen = specimens.shape(type, resource);
      if (specimen.isPresent()) {
        out.add(byIdPlace(), specimen.get());
      }
    }
  }

  private String byIdPlace() {
    return behaviours.contains(Behaviour.TYPES_BY_ID) ? ShapedFolder.BY_ID : "";
  }

  private static void withoutUpdates(ObjectNode resource) {
    JsonNode meta = resource.path("meta");
    if (meta instanceof ObjectNode object) {
      object.remove(NO_UPDATES);
      if (object.isEmpty()) {
        resource.remove("meta");
      }
    }
  }
}
