// SPDX-License-Identifier: Apache-2.0
/**
 * The native library in Java terms: loading, handles that close once, status codes, and calls that
 * take and give plain Java values. For {@code io.qwenjet.engine} alone.
 */
package io.qwenjet.bindings;
