package io.epicfhir.extract.source.auth;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.http.NameValuePair;
import org.apache.http.client.entity.UrlEncodedFormEntity;
import org.apache.http.message.BasicNameValuePair;

/** A form as a request's body. */
final class Form {
  private Form() {}

  static UrlEncodedFormEntity of(Map<String, String> fields) {
    List<NameValuePair> pairs =
        fields.entrySet().stream()
            .<NameValuePair>map(e -> new BasicNameValuePair(e.getKey(), e.getValue()))
            .toList();
    return new UrlEncodedFormEntity(pairs, StandardCharsets.UTF_8);
  }
}
