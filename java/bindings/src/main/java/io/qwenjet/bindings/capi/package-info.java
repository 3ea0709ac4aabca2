// SPDX-License-Identifier: Apache-2.0
/** The C API as JavaCPP generates it from {@code cpp/api/qwenjet.h}. Used by the parent package. */
package io.qwenjet.bindings.capi;
