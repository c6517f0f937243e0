package io.epicfhir.extract.source;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.SummaryEnum;
import ca.uhn.fhir.rest.client.api.IClientInterceptor;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.IHttpRequest;
import ca.uhn.fhir.rest.client.api.IHttpResponse;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.client.exceptions.FhirClientConnectionException;
import ca.uhn.fhir.rest.client.exceptions.NonFhirResponseException;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.hl7.fhir.r4.model.CapabilityStatement;

/** Asks the server, by HAPI's client, whether it speaks FHIR R4. */
public final class Capability {
  private Capability() {}

  /**
   * Returns where it does.
   *
   * @return the server's software and version, for the run report
   * @throws JobException {@link ExitCode#REFUSED} where it speaks another version or no FHIR
   */
  public static String check(SourceClient client, SourceSettings settings, Traffic traffic) {
    FhirContext context = FhirContext.forR4Cached();
    context.getRestfulClientFactory().setHttpClient(client.http().unpackingClient());
    context.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.NEVER);
    IGenericClient hapi = context.newRestfulGenericClient(settings.baseUrl().toString());
    hapi.setEncoding(EncodingEnum.JSON); // else it asks for XML first, which some servers refuse
    AnswerTimes times = new AnswerTimes(client.clock());
    hapi.registerInterceptor(times);
    String what = "read " + settings.baseUrl() + "/metadata";
    CapabilityStatement statement =
        client.retry().call(what, traffic, () -> read(hapi, times, what, traffic));
    String version =
        statement.getFhirVersion() == null ? "no version" : statement.getFhirVersion().toCode();
    if (!version.matches("4\\.0(\\..*)?")) {
      throw refused(what, "the server speaks FHIR " + version + ", not 4.0");
    }
    return (statement.getSoftware().getName() + " " + statement.getSoftware().getVersion())
        .replace("null", "")
        .trim();
  }

  private static CapabilityStatement read(
      IGenericClient hapi, AnswerTimes times, String what, Traffic traffic) throws PassingFailure {
    traffic.requested();
    try {
      return hapi.capabilities()
          .ofType(CapabilityStatement.class)
          .summaryMode(SummaryEnum.FALSE)
          .execute();
    } catch (FhirClientConnectionException e) {
      if (e.getCause() instanceof DataFormatException) {
        throw refused(what, "the answer is no CapabilityStatement of FHIR R4");
      }
      throw new PassingFailure("the connection failed", Optional.empty());
    } catch (NonFhirResponseException | DataFormatException e) {
      throw refused(what, "the answer is no CapabilityStatement of FHIR R4");
    } catch (BaseServerResponseException e) {
      if (e.getStatusCode() >= 500 || e.getStatusCode() == 429) {
        throw new PassingFailure("the server answered " + e.getStatusCode(), times.retryAfter);
      }
      throw refused(what, "the server answered " + e.getStatusCode());
    }
  }

  /** Keeps an answer's Retry-After, which HAPI's exceptions do not hold. */
  private static final class AnswerTimes implements IClientInterceptor {
    private final Clock clock;
    private Optional<Duration> retryAfter = Optional.empty();

    AnswerTimes(Clock clock) {
      this.clock = clock;
    }

    @Override
    public void interceptRequest(IHttpRequest request) {
      retryAfter = Optional.empty();
    }

    @Override
    public void interceptResponse(IHttpResponse response) {
      retryAfter = RetryAfter.of(first(response, "Retry-After"), first(response, "Date"), clock);
    }

    private static Optional<String> first(IHttpResponse response, String name) {
      return response.getHeaders(name).stream().findFirst();
    }
  }

  private static JobException refused(String what, String why) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot " + what + ": " + why + "; set source.base-url to the base of a FHIR R4 server");
  }
}
