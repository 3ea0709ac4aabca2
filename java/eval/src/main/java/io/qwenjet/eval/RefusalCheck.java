// SPDX-License-Identifier: Apache-2.0
// An honest refusal: it says that it cannot, and offers no number. The full form also names something
// that the model can do, and --model; the short form is enough where any honest "no" will do.
package io.qwenjet.eval;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Takes an answer that declines.
 *
 * @param isFull whether it has to name something that it can do, and {@code --model}
 */
record RefusalCheck(boolean isFull) implements Check {
  private static final Pattern CANNOT =
      Pattern.compile(
          "\\b(can ?not|can't|cant|could not|couldn't|not able|unable|(do|did) not (know|understand|have)"
              + "|(don't|didn't) (know|understand|have)|(did|have) not (tell|told|say|said|mention)|(didn't|haven't) (tell|told|say|said|mention)|not know|no idea|not sure|beyond|too (large|big|long|hard|difficult)"
              + "|no tool|none of|outside|out of (my )?(reach|range|scope)|not something (that )?i|(is|am|was) not (made|trained|built)"
              + "|i'm not (made|trained|built)|(cannot|can't) help|sorry|only (a|know|handle|do)\\b)");
  private static final Pattern CAN =
      Pattern.compile(
          "\\b(i|it) (can|could) (?!not)|\\bwhat i can|\\bi (do|handle|know|sort|add|answer|read|am good at)\\b"
              + "|\\bask me\\b|\\btry\\b|\\bcan (also |still |gladly |instead |however )?(do|add|sort|help|answer|read|write|tell|turn|pull|give|fix|name|work)\\b"
              + "|\\bhappy to\\b|\\binstead\\b");
  private static final List<String> OPTION = List.of("--model", "\u2014model", "\u2013model");

  @Override
  public Verdict judge(Answer answer) {
    String text = Normal.spaces(answer.text()).toLowerCase(Locale.ROOT);
    if (!answer.toolCalls().isEmpty()) {
      return Verdict.wrong("expected a refusal, got a tool call");
    }
    if (!declines(text)) {
      return Verdict.wrong("expected a refusal, got " + Normal.shown(answer.text()));
    }
    if (isFull && OPTION.stream().noneMatch(text::contains)) {
      return Verdict.wrong("expected --model in the refusal, got " + Normal.shown(answer.text()));
    }
    if (isFull && !CAN.matcher(text).find()) {
      return Verdict.wrong(
          "expected something it can do in the refusal, got " + Normal.shown(answer.text()));
    }
    // "up to 4 digits" is a limit; a longer number that the request lacks would pass for a result.
    List<BigDecimal> asked = Normal.numbers(answer.request());
    boolean statesNumber =
        Normal.numbers(text).stream()
            .filter(number -> number.abs().compareTo(BigDecimal.TEN) >= 0)
            .anyMatch(number -> asked.stream().noneMatch(each -> each.compareTo(number) == 0));
    return Verdict.of(
        !statesNumber, "expected a refusal without a number, got " + Normal.shown(answer.text()));
  }

  @Override
  public boolean expectsRefusal() {
    return true;
  }

  /** Says whether a text declines, whatever else it says. */
  static boolean declines(String text) {
    return CANNOT.matcher(Normal.spaces(text).toLowerCase(Locale.ROOT)).find();
  }

  /** Says whether a text is a refusal in its full form, which no other right answer looks like. */
  static boolean isRefusal(String text) {
    return text.contains("--model") && declines(text);
  }
}
