package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Texts inside documents and reports become Binaries that an attachment's url points to. */
public final class Notes {
  private static final int RESTRICTED_IN = 25;

  /** The Binaries of a document or report. */
  List<ObjectNode> shape(String type, ObjectNode resource) {
    List<ObjectNode> binaries = new ArrayList<>();
    String key = type + "/" + resource.path("id").asText();
    if (type.equals("DocumentReference")) {
      document(key, resource, binaries);
    } else if (type.equals("DiagnosticReport")) {
      int number = 0;
      for (JsonNode form : resource.path("presentedForm")) {
        if (form.path("data").isTextual()) {
          binaries.add(attach((ObjectNode) form, key + "/" + number++, NoteFormat.HTML));
        }
      }
    }
    return binaries;
  }

  /** Half of the notes come in two formats: a content each. */
  private static void document(String key, ObjectNode resource, List<ObjectNode> binaries) {
    JsonNode before = resource.path("content").deepCopy();
    ArrayNode contents = resource.putArray("content");
    int number = 0;
    for (JsonNode content : before) {
      if (!content.path("attachment").path("data").isTextual()) {
        contents.add(content);
        continue;
      }
      for (NoteFormat format : formats(EpicId.bucket("format " + key, 10))) {
        ObjectNode one = content.deepCopy();
        contents.add(one);
        ObjectNode attachment = (ObjectNode) one.path("attachment");
        binaries.add(attach(attachment, key + "/" + number++, format));
      }
    }
  }

  private static List<NoteFormat> formats(int dealt) {
    return switch (dealt) {
      case 0, 1, 2, 3, 4 -> List.of(NoteFormat.HTML, NoteFormat.RTF);
      case 5, 6 -> List.of(NoteFormat.HTML);
      case 7 -> List.of(NoteFormat.RTF);
      case 8 -> List.of(NoteFormat.PLAIN);
      default -> List.of(NoteFormat.PDF);
    };
  }

  private static ObjectNode attach(ObjectNode attachment, String key, NoteFormat format) {
    String text =
        new String(
            Base64.getMimeDecoder().decode(attachment.path("data").asText()),
            StandardCharsets.UTF_8);
    String id = EpicId.of("Binary", key + " " + format.contentType());
    attachment.remove("data");
    attachment.put("contentType", format.contentType()).put("url", "Binary/" + id);
    return Ndjson.object()
        .put("resourceType", "Binary")
        .put("id", id)
        .put("contentType", format.contentType())
        .put("data", Base64.getEncoder().encodeToString(format.bytes(text)));
  }

  /** Whether nobody may read this Binary. */
  public static boolean restricted(String binaryId) {
    return EpicId.bucket("restricted " + binaryId, RESTRICTED_IN) == 0;
  }
}
