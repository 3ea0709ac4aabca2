// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class RunStateTest {
  private static RunState published(long tokens) {
    return new RunState(700, tokens, 87, 5.0, "FLOAT32", 2_000_000, 500_000, 0, 0);
  }

  @Test
  void aDecayThatIsUnderWayGoesOn() {
    RunState state = RunState.continued(published(2_100_000), "AUTOCAST", 50, Recipe.Unit.TOKENS);
    assertEquals(new RunState(700, 2_100_000, 87, 5.0, "AUTOCAST", 2_000_000, 500_000, 700, 50), state);
  }

  @Test
  void aDecayThatIsOverIsForgotten() {
    RunState state = RunState.continued(published(2_500_100), "AUTOCAST", 50, Recipe.Unit.TOKENS);
    assertEquals(new RunState(700, 2_500_100, 87, 5.0, "AUTOCAST", 0, 0, 700, 50), state);
  }
}
