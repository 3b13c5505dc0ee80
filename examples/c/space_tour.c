/* A tour of a search space without any training: sizes, children and their costs, scores from a table of numbers, a
 * shrunk space, and its bytes. Needs no LibTorch.
 *
 *   cc -std=c99 space_tour.c $(pkg-config --cflags --libs nasshrink) -o space_tour && ./space_tour */
#include <nasshrink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "wire.h"

enum { CHOICES = 6, CANDIDATES = 5, COLUMNS = 5, SAMPLES = 4 };

static void print_size(const char* what, const nasshrink_space* space) {
  nasshrink_error* error = NULL;
  nasshrink_buffer* summary;
  wire_field children;
  check(nasshrink_space_describe(space, &summary, &error), &error);
  /* SpaceSummary.children: an exact decimal number, however large */
  children = wire_find(nasshrink_buffer_data(summary), nasshrink_buffer_size(summary), 4);
  printf("%s: %.*s children\n", what, (int)children.size, (const char*)children.data);
  nasshrink_buffer_free(summary);
}

/* Draws children and leaves their root indices, row by row, in `choices`. */
static void sample(const nasshrink_space* space, uint32_t choices[SAMPLES * CHOICES]) {
  nasshrink_error* error = NULL;
  nasshrink_buffer* list;
  wire options = {{0}, 0};
  wire_field packed;
  const uint8_t* at;
  size_t i;
  wire_number(&options, 1, 2026);    /* SampleOptions.seed */
  wire_number(&options, 2, SAMPLES); /* SampleOptions.count */
  check(nasshrink_space_sample(space, options.data, options.size, &list, &error), &error);
  packed = wire_find(nasshrink_buffer_data(list), nasshrink_buffer_size(list), 3); /* ArchitectureList.candidates */
  at = packed.data;
  for (i = 0; i < (size_t)SAMPLES * CHOICES; ++i) {
    uint64_t candidate = 0;
    wire_read_varint(&at, packed.data + packed.size, &candidate);
    choices[i] = (uint32_t)candidate;
  }
  nasshrink_buffer_free(list);
}

static void print_child(const nasshrink_space* space, const uint32_t* row, double angle) {
  nasshrink_error* error = NULL;
  nasshrink_arch* arch;
  nasshrink_buffer* text;
  nasshrink_buffer* cost;
  wire packed = {{0}, 0};
  wire message = {{0}, 0};
  unsigned i;
  for (i = 0; i < CHOICES; ++i) wire_varint(&packed, row[i]);
  wire_bytes(&message, 2, packed.data, packed.size); /* Architecture.candidates */
  check(nasshrink_arch_parse(space, message.data, message.size, &arch, &error), &error);
  check(nasshrink_arch_export(arch, "nas-bench-201", &text, &error), &error);
  check(nasshrink_arch_cost(arch, NULL, 0, &cost, &error), &error);
  printf("%.*s  %.1f million multiply-adds, angle %.4f\n", (int)nasshrink_buffer_size(text),
         (const char*)nasshrink_buffer_data(text),
         (double)wire_find(nasshrink_buffer_data(cost), nasshrink_buffer_size(cost), 1).value / 1e6, angle);
  nasshrink_buffer_free(cost);
  nasshrink_buffer_free(text);
  nasshrink_arch_free(arch);
}

/* A table from numbers of one's own: for each operator <w0,w>, |w|^2, |w0|^2, |w-w0|^2 and <w-w0,w+w0>. These are made
 * up, as if larger kernels had turned further. */
static nasshrink_table* make_table(const nasshrink_space* space) {
  static const char* const columns[COLUMNS] = {"dot", "current", "base", "delta", "sigma"};
  static const double turned[CANDIDATES] = {0, 0, 0.2, 0.4, 0}; /* none, skip, 1x1, 3x3, pool: cosine lost */
  nasshrink_error* error = NULL;
  nasshrink_table* table;
  wire message = {{0}, 0};
  unsigned choice, candidate, i;
  const double fixed[COLUMNS] = {9, 10, 10, 2, 0};
  for (i = 0; i < COLUMNS; ++i) wire_bytes(&message, 2, columns[i], strlen(columns[i])); /* FactorTable.columns */
  wire_bytes(&message, 3, fixed, sizeof(fixed));                                         /* .fixed */
  for (choice = 0; choice < CHOICES; ++choice) {
    double rows[CANDIDATES * COLUMNS] = {0};
    wire factor = {{0}, 0};
    wire choices = {{0}, 0};
    for (candidate = 0; candidate < CANDIDATES; ++candidate) {
      const double base = turned[candidate] > 0 ? 1 + 0.1 * choice : 0;
      double* row = rows + candidate * COLUMNS;
      row[0] = base * (1 - turned[candidate]);
      row[1] = base;
      row[2] = base;
      row[3] = 2 * base * turned[candidate];
    }
    wire_varint(&choices, choice);
    wire_bytes(&factor, 1, choices.data, choices.size); /* Factor.choices */
    wire_number(&factor, 2, 1);                         /* .cell: the first one */
    wire_bytes(&factor, 3, rows, sizeof(rows));         /* .rows */
    wire_bytes(&message, 4, factor.data, factor.size);  /* FactorTable.factors */
  }
  check(nasshrink_table_create(space, message.data, message.size, &table, &error), &error);
  return table;
}

/* Scores operators by the table and drops the `drop` worst ones. */
static nasshrink_space* shrink(const nasshrink_space* space, const nasshrink_table* table, unsigned drop) {
  nasshrink_error* error = NULL;
  nasshrink_buffer* scores;
  nasshrink_space* shrunk;
  wire input = {{0}, 0};
  wire abs = {{0}, 0};
  wire rule = {{0}, 0};
  check(nasshrink_table_score_operators(table, NULL, 0, NULL, &scores, &error), &error);
  wire_bytes(&input, 1, nasshrink_buffer_data(scores), nasshrink_buffer_size(scores)); /* ShrinkInput.scores */
  wire_number(&abs, 1, drop);                                                          /* AbsRule.drop */
  wire_bytes(&rule, 1, abs.data, abs.size);                                            /* ShrinkRule.abs */
  check(nasshrink_space_shrink(space, input.data, input.size, rule.data, rule.size, &shrunk, NULL, &error), &error);
  nasshrink_buffer_free(scores);
  return shrunk;
}

/* Bytes are the same wherever they are made, so equal bytes mean equal spaces. */
static void print_round_trip(nasshrink_context* context, const nasshrink_space* space) {
  nasshrink_error* error = NULL;
  nasshrink_buffer* bytes;
  nasshrink_buffer* again;
  nasshrink_space* copy;
  check(nasshrink_space_serialize(space, &bytes, &error), &error);
  check(nasshrink_space_parse(context, nasshrink_buffer_data(bytes), nasshrink_buffer_size(bytes), &copy, &error),
        &error);
  check(nasshrink_space_serialize(copy, &again, &error), &error);
  printf("%lu bytes, read back %s\n", (unsigned long)nasshrink_buffer_size(bytes),
         nasshrink_buffer_size(bytes) == nasshrink_buffer_size(again) &&
                 memcmp(nasshrink_buffer_data(bytes), nasshrink_buffer_data(again), nasshrink_buffer_size(bytes)) == 0
             ? "the same"
             : "different");
  nasshrink_buffer_free(again);
  nasshrink_space_free(copy);
  nasshrink_buffer_free(bytes);
}

int main(void) {
  nasshrink_error* error = NULL;
  nasshrink_context* context;
  nasshrink_space* space;
  nasshrink_space* shrunk;
  nasshrink_table* table;
  uint32_t choices[SAMPLES * CHOICES];
  double angles[SAMPLES];
  unsigned i;

  if ((nasshrink_abi_version() ^ NASSHRINK_ABI_VERSION) >> 8 != 0) {
    fprintf(stderr, "built for another version than %s\n", nasshrink_version_string());
    return 1;
  }
  check(nasshrink_context_create(NULL, 0, NULL, &context, &error), &error);
  check(nasshrink_space_preset(context, "nas-bench-201", NULL, 0, &space, &error), &error);
  print_size("NAS-Bench-201", space);

  table = make_table(space);
  sample(space, choices);
  check(nasshrink_table_score(table, NASSHRINK_METRIC_ANGLE, NULL, 0, choices, SAMPLES, angles, &error), &error);
  for (i = 0; i < SAMPLES; ++i) print_child(space, choices + i * CHOICES, angles[i]);

  shrunk = shrink(space, table, 12);
  print_size("without its 12 worst operators", shrunk);
  print_round_trip(context, shrunk);

  nasshrink_table_free(table);
  nasshrink_space_free(shrunk);
  nasshrink_space_free(space);
  nasshrink_context_free(context);
  return nasshrink_live_objects() == 0 ? 0 : 1;
}
