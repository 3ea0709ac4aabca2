// SPDX-License-Identifier: Apache-2.0
// The kinds of papers and their fields.
package io.qwenjet.corpus.office;

import java.util.List;
import java.util.stream.Collectors;

/** A kind of paper; its name is the rule of the grammar that writes it. */
enum PaperKind {
  ORDER(
      "order",
      30,
      List.of("order", "order", "mail", "e-mail", "message", "order mail", "note", "text", "customer mail"),
      List.of("name", "item", "quantity"),
      "name = person,first,company : customer, buyer, client, customer_name, person, ordered_by, who, full_name, name_of_customer, customer, name",
      "item = lot,item,items : product, article, goods, item_name, thing, product_name, what, items, item, product",
      "#quantity = lot,qty : qty, amount, count, number, pieces, units, how_many, quantity, number_of_items, qty",
      "price = price,total : cost, price",
      "unit_price = price : price_each, price_per_item, unit_price",
      "total = total : sum, total_price, total_amount, grand_total, total",
      "order_number = code : order_id, order, order_no, reference, id, order_code, number_of_order, order_number",
      "city = city : town, place, destination, delivery_city, location, ship_to, city",
      "street = street : address, delivery_address, street_address",
      "date = date,soon : delivery_date, day, when, order_date, deadline",
      "email = email : mail, email_address, e_mail, contact",
      "phone = phone : telephone, phone_number, tel, mobile",
      "company = company : firm, organisation, company_name",
      "customer_number = account : customer_id, account, client_no"),
  INVOICE(
      "invoice",
      16,
      List.of("invoice", "invoice", "bill", "text", "document", "mail"),
      List.of("invoice_number", "company", "total"),
      "invoice_number = code : invoice_id, invoice, invoice_no, number, id, bill_number, reference, invoice_number",
      "company = company : seller, supplier, vendor, issuer, firm, biller, company_name",
      "customer = person : name, client, buyer, bill_to, recipient, customer_name, payer",
      "item = lot,item,items : product, article, goods, description, position",
      "#quantity = lot,qty : qty, count, units, pieces, quantity",
      "unit_price = price : price, price_each, item_price, price_per_unit",
      "total = total : amount, sum, total_amount, amount_due, total_due, grand_total, price_total, to_pay",
      "date = date : invoice_date, issued, issue_date, billed_on",
      "due_date = date2 : due, payable_by, deadline, pay_until",
      "payment_days = days : days, payment_term, term_days",
      "city = city : town, place, location",
      "address = street : street, street_address",
      "vat = rate : vat_rate, tax, tax_rate, vat_percent",
      "email = email : mail, contact_email, email_address",
      "phone = phone : telephone, tel, phone_number",
      "customer_number = account : account, customer_id, account_number"),
  RECEIPT(
      "receipt",
      12,
      List.of("receipt", "receipt", "text", "note", "slip"),
      List.of("shop", "item", "total"),
      "shop = company : store, company, merchant, seller, vendor, where, shop_name, store_name",
      "customer = person : name, buyer, paid_by, client, payer",
      "item = lot,item,items : product, article, goods, bought, purchase",
      "#quantity = lot,qty : qty, count, pieces, number, units",
      "price = price : unit_price, price_each, item_price, single_price",
      "total = total : amount, sum, total_price, paid, total_amount, to_pay",
      "receipt_number = code : receipt_id, receipt_no, receipt, id, number_of_receipt, reference",
      "date = date : day, purchase_date, bought_on, receipt_date",
      "time = time : hour, purchase_time",
      "city = city : town, place, location",
      "address = street : street",
      "change = change : change_given, money_back",
      "vat = rate : vat_rate, tax_rate, tax",
      "return_days = days : days, exchange_days"),
  CONTRACT(
      "contract",
      12,
      List.of("contract", "contract clause", "clause", "agreement", "text", "contract"),
      List.of("company", "person", "amount"),
      "company = company : seller, supplier, landlord, first_party, employer, provider, party_a, firm",
      "person = person : buyer, client, tenant, second_party, customer, party_b, name",
      "item = lot,item : goods, object, product, subject",
      "#quantity = lot : qty, number, units, pieces",
      "amount = total : price, fee, sum, total, payment, rent",
      "months = months : term, duration, duration_months, term_months, runtime",
      "days = days : notice_days, notice_period, notice, payment_days",
      "start_date = date : start, begins, date, signed_on",
      "end_date = date2 : end, ends, delivery_date",
      "contract_number = code : contract_id, contract_no, reference, id, contract",
      "rate = rate : interest, percent, interest_rate, late_rate",
      "city = city : place, jurisdiction, location, town",
      "role = role : position, job, job_title"),
  BOOKING(
      "booking",
      12,
      List.of("booking", "reservation", "mail", "message", "text", "note"),
      List.of("name", "date", "guests"),
      "name = person,first : guest, customer, booked_by, client, guest_name, who",
      "guests = guests : people, persons, number_of_guests, party_size, seats, number_of_people",
      "date = date,soon : day, arrival, check_in, when, start_date",
      "end_date = date2 : departure, check_out",
      "time = time : hour, clock_time, start_time",
      "nights = nights : number_of_nights, stay, length_of_stay",
      "booking_number = code : booking_id, booking, reference, reservation_number, ticket, id, booking_code",
      "city = city : destination, place, town, location",
      "price = total : total, cost, amount",
      "hotel = company : company, restaurant, place_name, business",
      "phone = phone : telephone, phone_number, tel",
      "email = email : mail, email_address, contact"),
  JOB(
      "job",
      9,
      List.of("job note", "note", "ticket", "work order", "text", "message"),
      List.of("name", "item", "city"),
      "name = person : technician, customer, contact, worker, person, reported_by",
      "item = lot,item : device, part, object, machine, thing, equipment",
      "#quantity = lot,qty : qty, count, number_of_parts, pieces",
      "job_number = code : job_id, ticket, ticket_number, work_order, reference, id, job",
      "hours = hours : time_spent, duration_hours, working_hours, duration",
      "cost = total : price, total, amount",
      "date = date : day, deadline, done_on, when",
      "time = time : hour, appointment_time",
      "company = company : client, firm, customer_company",
      "city = city : town, place, location",
      "address = street : street, where, site",
      "serial_number = account : serial_no, serial",
      "phone = phone : telephone, phone_number, call",
      "email = email : mail, report_to"),
  CARD(
      "card",
      9,
      List.of("contact card", "card", "text", "message", "contact", "note", "signature"),
      List.of("name", "phone", "email"),
      "name = person,first : person, full_name, contact, contact_name, who",
      "first_name = first_only : given_name, first",
      "last_name = last_only : surname, family_name, last",
      "email = email : mail, email_address, e_mail",
      "phone = phone : telephone, phone_number, tel, mobile, number",
      "company = company : firm, employer, organisation, works_for, company_name",
      "role = role : job, job_title, position, title, profession",
      "city = city : town, place, location, lives_in",
      "address = street : street, street_address, office",
      "age = age : years, age_in_years",
      "staff_number = account : staff_id, employee_id",
      "start_date = date : date, joined, starts_on"),
  NOTICE(
      "notice",
      4,
      List.of("notice", "text", "announcement", "message", "note"),
      List.of("date", "time", "city"),
      "date = date : day, when, event_date",
      "time = time : hour, start_time, begins_at",
      "city = city : place, town, location",
      "company = company : organiser, shop, firm",
      "person = person : name, contact, contact_person",
      "item = lot,item,items : product, article, thing, object",
      "price = price : cost, fee, entry",
      "code = code : number, parcel_number, id",
      "phone = phone : telephone, phone_number, tel",
      "email = email : mail, contact_email",
      "address = street : street, street_address",
      "role = role : job, position"),
  LIFE(
      "life",
      3,
      List.of("text", "biography", "profile", "portrait", "paragraph"),
      List.of("name", "city", "year"),
      "name = person : person, full_name, who",
      "city = city : town, place, birthplace, home_town",
      "year = year : in_year, year_given",
      "job = role : profession, occupation, role",
      "company = company : firm, employer",
      "age = age : years",
      "item = lot,items,item : thing, product, object",
      "pet = pet : dog, name_of_dog, dog_name",
      "email = email : mail, contact",
      "address = street : street");

  private final String rule;
  private final int weight;
  private final List<String> words;
  private final List<String> standard;
  private final List<Field> fields;

  PaperKind(String rule, int weight, List<String> words, List<String> standard, String... fields) {
    this.rule = rule;
    this.weight = weight;
    this.words = words;
    this.standard = standard;
    this.fields = List.of(fields).stream().map(Field::of).collect(Collectors.toUnmodifiableList());
  }

  String rule() {
    return rule;
  }

  int weight() {
    return weight;
  }

  /** What people call such a paper. */
  List<String> words() {
    return words;
  }

  /** The keys of the answer when the request names none. */
  List<String> standard() {
    return standard;
  }

  List<Field> fields() {
    return fields;
  }

  Field field(String name) {
    return fields.stream()
        .filter(field -> field.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("expected a field of " + rule + ", got " + name));
  }
}
