package io.epicfhir.extract.source.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LinkTest {
  private static final URI BASE = URI.create("http://a/b/c/d;p?q");

  /** The examples of RFC 3986, 5.4, without those of other schemes. */
  @ParameterizedTest
  @CsvSource(
      value = {
        "g | http://a/b/c/g",
        "./g | http://a/b/c/g",
        "g/ | http://a/b/c/g/",
        "/g | http://a/g",
        "//g | http://g",
        "?y | http://a/b/c/d;p?y",
        "g?y | http://a/b/c/g?y",
        "#s | http://a/b/c/d;p?q",
        "g#s | http://a/b/c/g",
        ";x | http://a/b/c/;x",
        "g;x?y#s | http://a/b/c/g;x?y",
        ". | http://a/b/c/",
        "./ | http://a/b/c/",
        ".. | http://a/b/",
        "../g | http://a/b/g",
        "../.. | http://a/",
        "../../g | http://a/g",
        "../../../g | http://a/g",
        "/./g | http://a/g",
        "/../g | http://a/g",
        "g. | http://a/b/c/g.",
        "..g | http://a/b/c/..g",
        "./g/. | http://a/b/c/g/",
        "g/../h | http://a/b/c/h",
        "g;x=1/../y | http://a/b/c/y",
        "g?y/../x | http://a/b/c/g?y/../x",
      },
      delimiter = '|')
  void a_reference_is_resolved_by_rfc_3986(String reference, String expected) {
    assertThat(Link.written(Link.resolve(BASE, reference))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://h/a//b/%2F/../x?sig=a%3Db%2fc&d=%7C",
        "https://h/fhir?_getpages=1&x=a|b",
        "https://h/p{1}/\"q\"?a=<b>^`c`\\d",
        "https://h/100%?q=5%zz%",
        "https://h/Patient?identifier=urn:oid:1.2|x[0]",
        "HTTPS://H:8443/x",
        "https://h//",
      })
  void an_absolute_link_keeps_its_bytes(String link) {
    assertThat(Link.written(Link.absolute(link))).isEqualTo(link);
    assertThat(Link.written(Link.resolve(BASE, link))).isEqualTo(link);
  }

  @Test
  void a_link_keeps_its_bytes_as_text_of_the_ledger_too() {
    URI link = Link.absolute("https://h/x?a|b");

    assertThat(Link.target(URI.create(link.toString()))).isEqualTo("/x?a|b");
  }

  @Test
  void what_no_request_line_can_hold_is_encoded() {
    assertThat(Link.target(Link.absolute(" https://h/a b?name=J\u00f6rg\u20ac\r\nX: y ")))
        .isEqualTo("/a%20b?name=J%C3%B6rg%E2%82%AC%0D%0AX:%20y");
  }

  @Test
  void a_private_use_character_of_the_server_stays_its_own() {
    assertThat(Link.target(Link.absolute("https://h/\ue07c"))).isEqualTo("/%EE%81%BC");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "ftp://h/x", "file:///etc/passwd", "https:///x", "https://a@b/x", "g:h"})
  void what_is_no_link_to_a_web_server_is_refused(String link) {
    assertThatThrownBy(() -> Link.resolve(BASE, link)).isInstanceOf(IllegalArgumentException.class);
  }
}
