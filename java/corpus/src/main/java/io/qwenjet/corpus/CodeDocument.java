// SPDX-License-Identifier: Apache-2.0
// A code file: one to three functions of one language, each with a comment.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.List;

final class CodeDocument implements Document {
  @Override
  public String kind() {
    return "code";
  }

  @Override
  public Example draw(Draw draw) {
    boolean java = draw.chance(0.5);
    String mark = java ? "// " : "# ";
    List<String> parts = new ArrayList<>();
    List<Snippet> fitting =
        Snippet.all().stream().filter(each -> each.language().equals("Java") == java && !each.isProgram()).toList();
    for (Snippet snippet : draw.some(fitting, draw.between(1, 3))) {
      String comment = mark + Words.capital(draw.pick(snippet.does())) + ".";
      parts.add(comment + "\n" + snippet.code());
    }
    return Example.document("code", String.join("\n\n", parts), List.of());
  }
}
