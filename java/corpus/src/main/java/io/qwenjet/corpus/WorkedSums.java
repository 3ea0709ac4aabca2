// SPDX-License-Identifier: Apache-2.0
// Pages of worked sums: the plainest text in which digits, carries and results occur.
package io.qwenjet.corpus;

import java.util.List;

final class WorkedSums implements Document {
  @Override
  public String kind() {
    return "worked_sums";
  }

  @Override
  public Example draw(Draw draw) {
    StringBuilder text = new StringBuilder();
    if (draw.chance(0.5)) {
      text.append(draw.pick("Worked sums", "Sums", "Exercises with steps", "Sums and their steps")).append("\n\n");
    }
    char operator = draw.pick('+', '-', '*', '/');
    boolean same = draw.chance(0.5);
    int count = draw.between(1, 4);
    for (int i = 0; i < count; i++) {
      Operands sum = Operands.draw(draw, same ? operator : draw.pick('+', '-', '*', '/'));
      Working working = Working.of(sum.left(), sum.operator(), sum.right());
      text.append(i == 0 ? "" : "\n\n").append(working.steps()).append('\n').append(working.answer());
    }
    return Example.document(kind(), text.toString(), List.of());
  }
}
