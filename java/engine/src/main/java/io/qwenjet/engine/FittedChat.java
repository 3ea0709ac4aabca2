// SPDX-License-Identifier: Apache-2.0
// A conversation after its oldest turns were left out.
package io.qwenjet.engine;

/**
 * A conversation that fits into an engine's context.
 *
 * @param request the conversation; the one that was given if nothing had to be left out
 * @param droppedTurns how many of its oldest turns were left out
 * @param droppedMessages how many messages those were
 * @param promptTokens tokens of its prompt
 */
public record FittedChat(
    ChatRequest request, int droppedTurns, int droppedMessages, int promptTokens) {}
