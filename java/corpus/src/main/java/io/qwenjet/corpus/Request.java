// SPDX-License-Identifier: Apache-2.0
// A user's request put together from an instruction and, often, a text to work on: politeness, which
// of both comes first, what stands between them, a distracting sentence, careless typing.
package io.qwenjet.corpus;

import java.util.List;
import java.util.Map;

/**
 * What a user types.
 *
 * @param text the message; not null
 * @param skeleton the message with its values masked, before typing noise; not null
 * @param noisy whether typing noise was added
 */
public record Request(String text, String skeleton, boolean noisy) {
  private static final double NOISY = 0.3;
  private static final double FRAMED = 0.35;
  private static final double DISTRACTED = 0.12;

  /**
   * Composes a request without a text to work on.
   *
   * @param grammar the grammar of the intent; not null
   * @param rule the rule that says what is asked; not null
   * @param values texts for the grammar's values, none of which typing noise touches; not null
   * @param draw the random choices; not null
   * @return a request whose skeleton the draw's split takes
   */
  public static Request ask(Grammar grammar, String rule, Map<String, String> values, Draw draw) {
    return about(grammar, rule, values, null, draw);
  }

  /**
   * Composes a request about a text.
   *
   * @param grammar the grammar of the intent; not null
   * @param rule the rule that says what is asked; not null
   * @param values texts for the grammar's values, none of which typing noise touches; not null
   * @param body the text to work on, which noise leaves as it is; null for none
   * @param draw the random choices; not null
   * @return a request whose skeleton the draw's split takes
   */
  public static Request about(
      Grammar grammar, String rule, Map<String, String> values, String body, Draw draw) {
    return draw.until(
        () -> compose(grammar, rule, values, body, draw), request -> draw.split().takesSkeleton(request.skeleton()));
  }

  private static Request compose(
      Grammar grammar, String rule, Map<String, String> values, String body, Draw draw) {
    Grammar frames = Grammar.load("frames");
    Grammar.Expansion core = grammar.expand(rule, draw, values);
    String before = "";
    String after = "";
    if (draw.chance(FRAMED)) {
      if (draw.chance(0.6)) {
        before = frames.phrase("before", draw);
      } else {
        after = frames.phrase("after", draw);
      }
    }
    if (draw.chance(DISTRACTED)) {
      String distractor = frames.phrase("distractor", draw);
      if (draw.chance(0.7)) {
        before = distractor + " " + before;
      } else {
        after = after + " " + distractor;
      }
    }
    boolean noisy = draw.chance(NOISY);
    // A value at the start keeps its letter case.
    boolean lowered = !core.skeleton().startsWith("{");
    String text = join(before, core.text(), after, lowered);
    String skeleton = join(before, core.skeleton(), after, lowered);
    if (noisy) {
      // Stripped, as the text is: a list may end in a line break.
      text = Noise.apply(text, values.values().stream().map(String::strip).toList(), draw);
    }
    if (body != null) {
      Frame frame = Frame.draw(frames, draw);
      text = frame.around(text, body);
      skeleton = frame.around(skeleton, "{body}");
    }
    return new Request(text, skeleton, noisy);
  }

  private static String join(String before, String core, String after, boolean lowered) {
    String start = before.strip();
    if (lowered && !start.isEmpty() && start.endsWith(",") && core.length() > 1 && Character.isUpperCase(core.charAt(0))
        && Character.isLowerCase(core.charAt(1))) {
      core = Character.toLowerCase(core.charAt(0)) + core.substring(1);
    }
    return (start + " " + core + " " + after.strip()).strip();
  }

  /** Where the text stands and what marks it. */
  private record Frame(boolean bodyFirst, String open, String close, String between) {
    static Frame draw(Grammar frames, Draw draw) {
      String[] pair = frames.phrase("delimiter", draw).split("@", -1);
      return new Frame(
          draw.chance(0.35), pair[0].replace("\\n", "\n"), pair[1].replace("\\n", "\n"), draw.chance(0.6) ? "\n\n" : draw.chance(0.6) ? "\n" : " ");
    }

    String around(String instruction, String body) {
      String marked = open + body + close;
      return bodyFirst ? marked + between + instruction : instruction + between + marked;
    }
  }
}
