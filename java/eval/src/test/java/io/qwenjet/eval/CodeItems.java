// SPDX-License-Identifier: Apache-2.0
// Small functions of the closed set, to complete and to fix, in Python and Java. Any usual body counts,
// as a whole function or alone.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.corpus.Draw;
import java.util.ArrayList;
import java.util.List;

final class CodeItems {
  /** One function in one language; wrong is null where nothing obvious can be wrong. */
  private record Function(boolean python, String head, List<String> bodies, String wrong) {}

  private static final List<Function> FUNCTIONS = functions();
  private static final List<String> COMPLETE =
      List.of(
          "What comes next here?\n{code}", "I started this {lang} function, write it to the end:\n{code}",
          "{code}\n\nPlease fill in the body.", "Fill the gap of this {lang} code:\n\n{code}",
          "my {lang} homework, only the head is there: {code}", "{code}\n^ the rest of this function please");
  private static final List<String> FIX =
      List.of(
          "There's a mistake in here, what is the right version?\n{code}", "This {lang} function gives wrong results:\n{code}\nRepair it.",
          "{code}\n\nIt fails my tests. Give me correct code.", "Find the bug and show me the right {lang} function:\n\n{code}",
          "{code}\nwhy is it wrong? just post the fixed one");

  private CodeItems() {}

  static MadeItem make(Draw draw, int index) {
    Function function = FUNCTIONS.get(index % FUNCTIONS.size());
    boolean fixes = index / FUNCTIONS.size() % 2 == 1 && function.wrong() != null;
    String lang = function.python() ? "Python" : "Java";
    String shown = fixes ? whole(function, function.wrong()) : function.python() ? function.head() : function.head() + " {";
    List<String> answers = new ArrayList<>();
    for (String body : function.bodies()) {
      answers.add(whole(function, body));
    }
    if (!fixes) {
      answers.addAll(function.bodies());
    }
    Draft draft = Draft.of(draw.pick(fixes ? FIX : COMPLETE), "lang", lang, "code", shown);
    ObjectNode check = Lines.check("code", "answers", answers);
    if (function.python()) {
      check.put("python", true);
    }
    return Lines.plain(draw, draft, check);
  }

  private static String whole(Function function, String body) {
    return function.python()
        ? function.head() + "\n  " + body.replace("\n", "\n  ")
        : function.head() + " {\n" + body + "\n}";
  }

  private static List<Function> functions() {
    List<Function> functions = new ArrayList<>();
    for (String line : Pools.words("functions", "\\R")) {
      if (line.startsWith("#")) {
        continue;
      }
      String[] parts = line.split(" \\| ");
      functions.add(
          new Function(true, "def " + parts[0] + "(" + parts[1] + "):", bodies(parts[2]), wrong(parts[5])));
      functions.add(new Function(false, parts[3], bodies(parts[4]), wrong(parts[6])));
    }
    return functions;
  }

  private static List<String> bodies(String alternatives) {
    return List.of(alternatives.replace("\\n", "\n").split(" // "));
  }

  private static String wrong(String body) {
    return body.equals("-") ? null : body.replace("\\n", "\n");
  }
}
