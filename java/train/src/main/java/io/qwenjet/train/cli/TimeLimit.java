// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.cli;

import io.qwenjet.cli.CommandException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Spans of time as users type them: 40m, 1.5h, 90s. */
final class TimeLimit {
  private static final Pattern FORM = Pattern.compile("(\\d+(?:\\.\\d+)?)([smh])");

  private TimeLimit() {}

  /** Seconds; infinite for null. */
  static double seconds(String text) {
    if (text == null) {
      return Double.POSITIVE_INFINITY;
    }
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new CommandException("--stop-after: expected a time as 90s, 40m or 1.5h, got " + text);
    }
    double number = Double.parseDouble(matcher.group(1));
    return switch (matcher.group(2)) {
      case "s" -> number;
      case "m" -> number * 60;
      default -> number * 3600;
    };
  }

  /** A span as a clock shows it. */
  static String clock(double seconds) {
    long whole = Math.round(seconds);
    return whole >= 3600
        ? String.format("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
        : String.format("%d:%02d", whole / 60, whole % 60);
  }
}
