// SPDX-License-Identifier: Apache-2.0
// The list of all kinds of bare documents.
package io.qwenjet.corpus;

import java.util.List;

final class Documents {
  private Documents() {}

  static List<Document> all() {
    return List.of(
        new WorkedSums(),
        new StoryDocument(),
        new FactsDocument());
  }
}
