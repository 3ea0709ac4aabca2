// SPDX-License-Identifier: Apache-2.0
// A bare document of the same worlds: a mail, an invoice, a story, code, a worked sum.
package io.qwenjet.corpus;

/** Makes documents of one kind. Implementations are immutable and safe for many threads. */
public interface Document {
  /** The kind's name, such as "mail". */
  String kind();

  /** Makes one document; family and text are set. */
  Example draw(Draw draw);
}
