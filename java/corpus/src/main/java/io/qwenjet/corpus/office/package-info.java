// SPDX-License-Identifier: Apache-2.0
/** Families and documents about mails, orders, invoices and other papers with values to copy. */
package io.qwenjet.corpus.office;
