// SPDX-License-Identifier: Apache-2.0
// The list of all kinds of bare documents.
package io.qwenjet.corpus;

import io.qwenjet.corpus.office.PaperDocument;
import java.util.List;

final class Documents {
  private Documents() {}

  static List<Document> all() {
    return List.of(
        new PaperDocument("mail", List.of("order", "booking", "job", "many", "card")),
        new PaperDocument("bill", List.of("invoice", "receipt", "contract")),
        new PaperDocument("note", List.of("notice", "life", "card", "job")),
        new WorkedSums(),
        new StoryDocument(),
        new CodeDocument(),
        new FactsDocument());
  }
}
