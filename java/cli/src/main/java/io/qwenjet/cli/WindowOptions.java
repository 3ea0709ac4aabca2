// SPDX-License-Identifier: Apache-2.0
// The window policy of attention.
package io.qwenjet.cli;

import io.qwenjet.engine.InvalidRequestException;
import io.qwenjet.engine.WindowPolicy;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

final class WindowOptions {
  @Option(
      names = "--window",
      paramLabel = "POLICY",
      converter = Policy.class,
      description = {
        "How far back attention looks: model (the default, as config.json says), full,"
            + " fixed:W[,SINKS] (the last W tokens and the first SINKS),"
            + " dynamic:MIN,MAX,GROWTH[,SINKS] (a window that grows by GROWTH a token from MIN to"
            + " MAX). Smaller windows are faster on long texts and change the answer once the text"
            + " is longer than the window."
      })
  private WindowPolicy window;

  /** The policy, or null where none was given. */
  WindowPolicy policy() {
    return window;
  }

  /** Reads a policy. */
  static final class Policy implements ITypeConverter<WindowPolicy> {
    private static final String EXPECTED =
        "expected model, full, fixed:W[,SINKS] or dynamic:MIN,MAX,GROWTH[,SINKS], got ";

    @Override
    public WindowPolicy convert(String value) {
      int colon = value.indexOf(':');
      String kind = colon < 0 ? value : value.substring(0, colon);
      String[] numbers = colon < 0 ? new String[0] : value.substring(colon + 1).split(",", -1);
      try {
        return of(kind, numbers, value);
      } catch (NumberFormatException e) {
        throw new TypeConversionException(EXPECTED + value);
      } catch (InvalidRequestException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }

    private static WindowPolicy of(String kind, String[] n, String value) {
      int count = n.length;
      if (kind.equals("model") && count == 0) {
        return WindowPolicy.model();
      }
      if (kind.equals("full") && count == 0) {
        return WindowPolicy.full();
      }
      if (kind.equals("fixed") && (count == 1 || count == 2)) {
        return WindowPolicy.fixed(integer(n[0]), count == 2 ? integer(n[1]) : 0);
      }
      if (kind.equals("dynamic") && (count == 3 || count == 4)) {
        return WindowPolicy.dynamic(
            integer(n[0]),
            integer(n[1]),
            Double.parseDouble(n[2].strip()),
            count == 4 ? integer(n[3]) : 0);
      }
      throw new TypeConversionException(EXPECTED + value);
    }

    private static int integer(String text) {
      return Integer.parseInt(text.strip());
    }
  }
}
