package io.epicfhir.transform.silver;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The resources that a line of a {@code deleted} file says are gone. Only a line that is beyond
 * doubt is read here: {@link DeletedEntries} separates the good entries of any other from the bad.
 */
final class DeletedBundle {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Pattern url;

  /**
   * @param known every type that ever landed
   */
  DeletedBundle(Collection<String> known) {
    url = Pattern.compile(DeletedEntries.url(known));
  }

  /** The resources, or empty where the line is not of the plain form. */
  Optional<List<ResourceKey>> resources(UTF8String line) {
    JsonNode bundle;
    try {
      bundle = line == null ? null : JSON.readTree(line.toString());
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    if (bundle == null
        || !"Bundle".equals(bundle.path("resourceType").textValue())
        || !(bundle.path("entry").isArray() || !bundle.has("entry"))) {
      return Optional.empty();
    }
    List<ResourceKey> gone = new ArrayList<>();
    for (JsonNode entry : bundle.path("entry")) {
      JsonNode request = entry.path("request");
      String named = request.path("url").textValue();
      Matcher match = named == null ? null : url.matcher(named);
      if (match == null || !"DELETE".equals(request.path("method").textValue()) || !match.find()) {
        return Optional.empty();
      }
      gone.add(new ResourceKey(match.group(1), UTF8String.fromString(match.group(2))));
    }
    return Optional.of(gone);
  }
}
