// SPDX-License-Identifier: Apache-2.0
/**
 * Chat template engine: the subset of Jinja that checkpoints use, with Jinja's and Python's semantics.
 *
 * <p>Source text goes through {@code Lexer}, {@code TemplateParser} and {@code ExpressionParser} into an immutable
 * tree of {@code Statement} and {@code Expression}, which is walked once a rendering. Message text enters as values
 * and is never parsed.
 */
package io.qwenjet.engine.template;
