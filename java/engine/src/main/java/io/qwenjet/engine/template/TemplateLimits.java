// SPDX-License-Identifier: Apache-2.0
// Bounds on what one rendering may consume; templates come with downloaded checkpoints and are not trusted.
package io.qwenjet.engine.template;

/**
 * Bounds on one compilation or rendering; reaching one raises {@link TemplateException} of kind LIMIT.
 *
 * @param maxOutputChars longest text, finished or intermediate, in UTF-16 units
 * @param maxIterations loop iterations in total
 * @param maxSteps evaluated nodes plus characters and elements of created values
 * @param maxDepth nesting of syntax, calls and values
 */
public record TemplateLimits(long maxOutputChars, long maxIterations, long maxSteps, int maxDepth) {
    private static final TemplateLimits DEFAULTS = new TemplateLimits(64L << 20, 10_000_000, 500_000_000, 300);

    /** Checks that every bound is positive; throws IllegalArgumentException otherwise. */
    public TemplateLimits {
        if (maxOutputChars <= 0 || maxIterations <= 0 || maxSteps <= 0 || maxDepth <= 0) {
            throw new IllegalArgumentException("template limits must be positive, got " + maxOutputChars + ", "
                    + maxIterations + ", " + maxSteps + ", " + maxDepth);
        }
    }

    /** {@return 64 Mi characters, ten million iterations, five hundred million steps, depth 300} */
    public static TemplateLimits defaults() {
        return DEFAULTS;
    }
}
