/* Just enough protobuf to talk to nasshrink from plain C: a writer that appends fields, a reader that finds one.
 *
 * Field numbers are those of share/nasshrink/proto/nasshrink/v1. A program with many messages is better served by a
 * protobuf runtime of its own (nanopb, upb, protobuf-c). */
#ifndef NASSHRINK_EXAMPLES_C_WIRE_H_
#define NASSHRINK_EXAMPLES_C_WIRE_H_

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct wire {
  uint8_t data[8192];
  size_t size;
} wire;

static inline void wire_raw(wire* to, const void* data, size_t size) {
  if (size > sizeof(to->data) - to->size) {
    fprintf(stderr, "the message is too long for this example\n");
    exit(1);
  }
  if (size > 0) memcpy(to->data + to->size, data, size);
  to->size += size;
}

static inline void wire_varint(wire* to, uint64_t value) {
  uint8_t byte;
  do {
    byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    wire_raw(to, &byte, 1);
    value >>= 7;
  } while (value > 0);
}

/* uint32, uint64, bool, enum */
static inline void wire_number(wire* to, unsigned field, uint64_t value) {
  wire_varint(to, (uint64_t)field << 3);
  wire_varint(to, value);
}

/* string, bytes, a message, packed numbers */
static inline void wire_bytes(wire* to, unsigned field, const void* data, size_t size) {
  wire_varint(to, ((uint64_t)field << 3) | 2);
  wire_varint(to, size);
  wire_raw(to, data, size);
}

/* Little-endian machines only, as is the library. */
static inline void wire_double(wire* to, unsigned field, double value) {
  wire_varint(to, ((uint64_t)field << 3) | 1);
  wire_raw(to, &value, sizeof(value));
}

/* What is at the front of the bytes that have not been read yet. */
typedef struct wire_field {
  unsigned number;
  uint64_t value;      /* of a number; the bits of a double */
  const uint8_t* data; /* of a string, a message, packed numbers */
  size_t size;
} wire_field;

static inline int wire_read_varint(const uint8_t** at, const uint8_t* end, uint64_t* value) {
  unsigned shift;
  *value = 0;
  for (shift = 0; shift < 64 && *at < end; shift += 7) {
    const uint8_t byte = *(*at)++;
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return 1;
  }
  return 0;
}

/* Reads the next field; 0 at the end. */
static inline int wire_next(const uint8_t** at, const uint8_t* end, wire_field* field) {
  uint64_t key;
  if (!wire_read_varint(at, end, &key)) return 0;
  field->number = (unsigned)(key >> 3);
  field->value = 0;
  field->data = NULL;
  field->size = 0;
  switch (key & 7) {
    case 0:
      return wire_read_varint(at, end, &field->value);
    case 1:
      if (end - *at < 8) return 0;
      memcpy(&field->value, *at, 8);
      *at += 8;
      return 1;
    case 2:
      if (!wire_read_varint(at, end, &field->value) || field->value > (uint64_t)(end - *at)) return 0;
      field->data = *at;
      field->size = (size_t)field->value;
      *at += field->size;
      return 1;
    default:
      return 0;
  }
}

/* The first field of that number; a field of zeros when there is none, as proto3 has it. */
static inline wire_field wire_find(const uint8_t* data, size_t size, unsigned number) {
  const uint8_t* at = data;
  wire_field field;
  while (wire_next(&at, data + size, &field)) {
    if (field.number == number) return field;
  }
  memset(&field, 0, sizeof(field));
  return field;
}

#endif /* NASSHRINK_EXAMPLES_C_WIRE_H_ */
