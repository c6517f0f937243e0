package io.epicfhir.transform.fhirpath;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.fhirpath.BaseHostServices;
import org.hl7.fhir.r4.fhirpath.ExpressionNode;
import org.hl7.fhir.r4.fhirpath.FHIRLexer.FHIRLexerException;
import org.hl7.fhir.r4.fhirpath.FHIRPathEngine;
import org.hl7.fhir.r4.fhirpath.FHIRPathUtilityClasses.FunctionDetails;
import org.hl7.fhir.r4.hapi.ctx.HapiWorkerContext;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.ValueSet;

/** Text to syntax tree, by HAPI's engine, which also puts operators in their order. */
final class PathParser {
  private static final FHIRPathEngine ENGINE = engine();

  private PathParser() {}

  static ExpressionNode parse(String path) {
    try {
      // The engine keeps state while it parses.
      synchronized (ENGINE) {
        return ENGINE.parse(path);
      }
    } catch (FHIRLexerException e) {
      throw new PathException(
          e.getMessage().replaceFirst("^Error @\\d+, \\d+: ", ""), e.getLocation());
    } catch (RuntimeException | StackOverflowError e) {
      throw new PathException("this is not a FHIRPath expression");
    }
  }

  private static FHIRPathEngine engine() {
    FhirContext r4 = FhirContext.forR4Cached();
    HapiWorkerContext context = new HapiWorkerContext(r4, new DefaultProfileValidationSupport(r4));
    FHIRPathEngine engine = new FHIRPathEngine(context);
    engine.setHostServices(new ViewFunctions(context));
    return engine;
  }

  /**
   * Lets the parser take the functions that SQL-on-FHIR adds, and ours. Nothing is evaluated here.
   */
  private static final class ViewFunctions extends BaseHostServices {
    private static final Set<String> NAMES = Set.of("getResourceKey", "getReferenceKey");

    ViewFunctions(HapiWorkerContext context) {
      super(context);
    }

    @Override
    public FunctionDetails resolveFunction(FHIRPathEngine engine, String name) {
      return NAMES.contains(name) || Functions.DOCUMENT.containsKey(name)
          ? new FunctionDetails(name, 0, 1)
          : null;
    }

    @Override
    public boolean paramIsType(String name, int index) {
      return NAMES.contains(name);
    }

    @Override
    public boolean log(String argument, List<Base> focus) {
      throw new UnsupportedOperationException("paths are parsed here, not evaluated");
    }

    @Override
    public Base resolveReference(FHIRPathEngine engine, Object context, String url, Base from) {
      throw new UnsupportedOperationException("paths are parsed here, not evaluated");
    }

    @Override
    public boolean conformsToProfile(FHIRPathEngine engine, Object context, Base item, String url) {
      throw new UnsupportedOperationException("paths are parsed here, not evaluated");
    }

    @Override
    public ValueSet resolveValueSet(FHIRPathEngine engine, Object context, String url) {
      throw new UnsupportedOperationException("paths are parsed here, not evaluated");
    }
  }
}
